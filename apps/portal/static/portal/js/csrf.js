// Requests of htmx carry the token of the page's forms.
export const sendToken = () => {
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
  });
};
