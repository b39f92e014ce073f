// Calls CodePipeline with the JavaScript SDK, configured by its environment alone. Speaks as drivers/python_sdk.py does.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import * as codepipeline from "@aws-sdk/client-codepipeline";
import { AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";

const client = new codepipeline.CodePipelineClient(
  process.argv[2] === "cbor" ? { protocol: AwsSmithyRpcV2CborProtocol } : {},
);

function encode(name, value) {
  return this[name] instanceof Date ? { moment: this[name].getTime() / 1000 } : value;
}

function decode(_, value) {
  return value !== null && typeof value === "object" && "moment" in value ? new Date(value.moment * 1000) : value;
}

async function collect({ items, key, size, input }) {
  const found = [];
  for await (const page of codepipeline[`paginate${items}`]({ client, pageSize: size || undefined }, input)) {
    found.push(...page[key]);
  }
  return { items: found };
}

async function answer(asked) {
  try {
    if (asked.items) return await collect(asked);
    const { $metadata, ...output } = await client.send(new codepipeline[`${asked.call}Command`](asked.input));
    return { output };
  } catch (error) {
    if (!(error instanceof codepipeline.CodePipelineServiceException)) throw error;
    const known = codepipeline[error.name];
    const caught = known && error instanceof known ? error.name : null;
    return { error: error.name, caught, message: error.message };
  }
}

const { version } = createRequire(import.meta.url)("@aws-sdk/client-codepipeline/package.json");
const commands = Object.keys(codepipeline).filter((name) => name.endsWith("Command") && !name.startsWith("$"));
const operations = commands.map((name) => name.slice(0, -"Command".length));
console.log(JSON.stringify({ version, operations }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line, decode)), encode));
}
