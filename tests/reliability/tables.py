"""The faults FLT-01 to FLT-33 and the invariants INV-01 to INV-36: which tests show each, and what is open."""

from typing import Final

from tests.security.rows import Table

POOL = "actions/host/test_pool.py"
LIFETIME = "actions/sandbox/test_bubblewrap_lifetime.py"
STORMS = [
    "reliability/test_faults.py::test_the_embedded_default_loses_nothing",
    "reliability/test_faults.py::test_postgresql_and_redis_lose_nothing",
]
ALONE = "reliability/test_faults_alone.py"
SILENCE = "reliability/test_faults_of_silence.py"
DISKS = "reliability/test_faults_of_disks.py"
POWER = "reliability/test_fault_20_power_cuts.py"
DEADLOCKS = "reliability/test_fault_13_deadlocks.py"
RESTART = "reliability/test_fault_10_restart.py"
UPGRADE = (
    "reliability/test_fault_32_upgrade.py::test_flt_32_versions_replace_one_another_under_load_and_no_request_fails"
)
CLOCKS = f"{ALONE}::test_flt_22_23_29_two_hosts_whose_clocks_jump_do_all_once_and_in_time"
APART = "reliability/test_fault_23_clocks.py"
KEEP_TO_THE_DATABASE = (
    "test_jobs_begin_at_once_keep_their_leases_and_run_once",
    "test_a_job_for_outside_is_offered_soon_and_is_theirs_until_they_were_to_acknowledge_it",
    "test_an_offer_that_nobody_acknowledges_is_made_again_when_its_lease_ends",
    "test_a_job_that_goes_on_after_a_pause_is_offered_after_it",
    "test_an_approval_expires_when_it_has_to_by_the_databases_clock",
    "test_a_source_is_looked_at_and_what_is_new_starts",
    "test_a_schedule_of_each_minute_starts_once_and_not_before",
)
SET = "reliability/test_fault_22_a_set_clock.py"
NOTHING_MOVES = (
    "test_jobs_keep_their_leases_and_their_time_limits_and_run_once",
    "test_connections_stay_open_as_long_as_they_were_to",
    "test_an_offer_is_made_once_until_it_had_to_be_acknowledged",
    "test_an_offer_that_nobody_acknowledges_is_made_again_in_time",
    "test_an_approval_is_asked_for_as_long_as_it_was_to_be",
    "test_nothing_stands_still_while_the_clock_is_back",
)
KILLS = "journeys/test_worker_kill.py::test_twenty_kills_of_the_worker_lose_nothing_and_repeat_nothing"
CRASH = "jobs/test_performing.py::test_a_crash_is_counted_and_the_job_is_tried_again_with_the_same_token"
# Checked by simulation/checks/ and its workers after every step.
SIMULATED = (2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18, 19, 20, 22, 24, 25, 29, 32)
SIMULATION = "simulation/test_simulation.py::test_every_invariant_holds_for_a_few_seeds"

FAULTS: Final = Table(
    "Faults", "FLT", 33,
    shown={
        "FLT-01": [*STORMS, KILLS],
        "FLT-02": [f"{ALONE}::test_flt_02_03_a_queue_that_lost_a_process_does_tasks_again"],
        "FLT-03": [f"{ALONE}::test_flt_02_03_a_queue_that_lost_a_process_does_tasks_again",
                   "journeys/test_notifications_killed.py::"
                   "test_all_arrives_in_order_though_the_receiver_refuses_and_the_queue_is_killed"],
        "FLT-04": STORMS,
        "FLT-05": [*STORMS, "triggers/test_schedules.py::test_what_came_due_while_nothing_ran_is_made_up_for_once"],
        "FLT-06": [f"{DISKS}::test_flt_06_an_operation_that_is_killed_at_any_change_is_done_or_undone"],
        "FLT-07": [SIMULATION, "live/test_hub.py::test_a_lost_ring_is_made_up_for_by_looking"],
        "FLT-08": [f"{POOL}::test_a_start_that_died_after_its_effect_is_repeated_with_the_same_token",
                   CRASH],
        "FLT-09": [f"{LIFETIME}::test_all_is_gone_when_the_runner_is_killed",
                   f"{LIFETIME}::test_it_does_not_matter_when_the_runner_is_killed"],
        "FLT-10": [STORMS[1],
                   f"{RESTART}::test_jobs_begin_at_once_after_a_restart_that_nobody_was_busy_in",
                   f"{RESTART}::test_jobs_that_waited_over_a_restart_begin_at_once",
                   f"{RESTART}::test_a_result_waits_for_a_database_that_stays_away"],
        "FLT-11": [STORMS[1],
                   f"{RESTART}::"
                   "test_jobs_begin_at_once_though_the_servers_of_threads_that_rested_were_ended",
                   "awsapi/test_asgi.py::test_an_operation_runs_again_after_a_broken_connection_only_if_it_may"],
        "FLT-12": [f"{ALONE}::test_flt_12_a_database_that_stays_away_is_told_and_is_served_from_again"],
        "FLT-13": [f"{DEADLOCKS}::test_flt_13_a_start_that_loses_a_deadlock_is_made_all_the_same",
                   f"{DEADLOCKS}::test_flt_13_a_result_that_loses_a_deadlock_counts",
                   f"{DEADLOCKS}::test_flt_13_what_is_undone_four_times_is_served_by_the_fifth_try",
                   f"{DEADLOCKS}::test_flt_13_what_is_undone_without_end_is_told_and_leaves_nothing",
                   f"{DEADLOCKS}::test_flt_13_our_rest_api_tries_again_too",
                   f"{DEADLOCKS}::test_flt_13_a_button_of_the_portal_tries_again_too",
                   "core/test_connections.py::test_work_that_committed_a_part_is_not_repeated"],
        "FLT-14": STORMS,
        "FLT-15": [f"{SILENCE}::"
                   "test_flt_15_service_goes_on_while_the_servers_of_all_connections_stand_still",
                   f"{SILENCE}::test_flt_15_servers_that_stand_still_in_the_middle_of_work_lose_nothing"],
        "FLT-16": ["jobs/test_racing_workers.py::test_eight_workers_claim_each_job_once",
                   "artifacts/test_many_writers.py::test_every_writer_gets_a_version_and_one_is_the_latest"],
        "FLT-17": ["reliability/test_fault_17_a_long_reader.py::"
                   "test_flt_17_a_reader_of_long_lets_the_log_grow_and_holds_nobody_up",
                   "core/test_sqlite_log.py::test_a_reader_keeps_the_log_and_holds_nobody_up"],
        "FLT-18": ["journeys/test_bad_input_full_disk.py::"
                   "test_a_full_disk_is_told_loses_nothing_and_recovers_by_itself",
                   "awsapi/s3/test_full_disk.py::test_a_full_store_is_told_clearly_loses_nothing_and_recovers_by_itself"],
        "FLT-19": [f"{DISKS}::test_flt_19_an_operation_whose_sync_fails_once_is_told_and_undone",
                   f"{DISKS}::test_flt_19_on_a_disk_that_fails_for_a_while_an_operation_is_whole"],
        "FLT-20": [f"{POWER}::test_flt_20_after_a_power_cut_all_that_was_promised_is_there_and_work_goes_on",
                   f"{POWER}::test_flt_20_a_blob_is_safe_whoever_made_its_folders",
                   f"{POWER}::test_cuts_show_which_settings_keep_what_was_committed"],
        "FLT-21": STORMS[1:],
        "FLT-22": [CLOCKS, *(f"{SET}::{test}" for test in NOTHING_MOVES)],
        "FLT-23": [CLOCKS, *(f"{APART}::{test}" for test in KEEP_TO_THE_DATABASE)],
        "FLT-24": [f"{POOL}::test_a_step_that_hangs_is_killed_soon_after_its_deadline"],
        "FLT-25": [f"{POOL}::test_a_provider_that_answers_nonsense_fails_its_action_only"],
        "FLT-26": [f"{POOL}::test_a_child_that_dies_or_babbles_is_reported_and_replaced",
                   "jobs/test_moves.py::test_a_job_that_crashed_too_often_fails"],
        "FLT-27": ["jobs/test_racing_workers.py::test_of_eight_different_results_one_counts", SIMULATION],
        "FLT-28": ["executions/test_stop.py::test_a_late_result_of_an_abandoned_action_is_taken_and_changes_nothing"],
        "FLT-29": [CLOCKS, "triggers/test_schedules.py::test_a_start_that_another_worker_took_is_not_taken_again"],
        "FLT-30": [f"{SILENCE}::test_flt_30_a_partition_is_fenced_and_heals"],
        "FLT-31": STORMS,
        "FLT-32": [UPGRADE],
        "FLT-33": ["notifications/test_delivering.py::test_of_many_workers_at_once_one_enqueues_and_one_claims"],
    },
    open={
        "FLT-32": "there is no release so far: an earlier commit with the same tables runs beside today's",
    },
)  # fmt: skip

INVARIANTS: Final = Table(
    "Invariants", "INV", 36,
    shown={
        **{f"INV-{number:02}": [SIMULATION] for number in SIMULATED},
        "INV-01": [SIMULATION, *STORMS],
        "INV-04": [*STORMS, "reliability/test_reads.py::test_a_read_of_less_than_was_told_is_found"],
        "INV-07": [CRASH, *STORMS],
        "INV-13": [SIMULATION, *STORMS],
        "INV-16": [SIMULATION, *STORMS],
        "INV-21": [SIMULATION, "executions/test_approvals.py::test_what_was_decided_is_decided"],
        "INV-23": ["artifacts/test_objects.py::test_a_flipped_bit_is_found_before_the_last_bytes_are_given",
                   "artifacts/test_folder_store.py::test_a_blob_is_not_there_before_it_is_whole"],
        "INV-26": ["notifications/test_delivering.py::test_a_dead_one_is_sent_again_with_all_its_attempts",
                   "journeys/test_notifications_killed.py::"
                   "test_all_arrives_in_order_though_the_receiver_refuses_and_the_queue_is_killed"],
        "INV-27": ["triggers/test_webhook_calls.py::test_the_same_delivery_starts_one_execution"],
        "INV-28": ["events/test_proof.py::test_an_event_forged_after_the_end_breaks_the_chain", *STORMS],
        "INV-30": ["simulation/test_recordings.py::test_what_was_decided_once_is_decided_again",
                   "simulation/test_recordings.py::test_another_decision_is_seen_in_a_recording"],
        "INV-31": ["security/test_addresses.py::test_a_stranger_gets_the_answer_for_something_missing",
                   "live/test_application.py::test_no_account_hears_of_another"],
        "INV-35": [f"{LIFETIME}::test_a_run_leaves_no_group_stage_mount_or_descriptor",
                   f"{LIFETIME}::test_all_is_gone_when_the_runner_is_killed"],
    },
    open={
        "INV-33": "there is no billing so far",
        "INV-34": "there is no billing so far",
        "INV-36": "there is no backup of our own so far",
    },
)  # fmt: skip
