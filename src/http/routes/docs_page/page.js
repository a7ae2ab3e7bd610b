"use strict";
// Sends the request that a form describes, with the key from the head of the page, and shows the answer.
const request = (form) => {
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value) query.append(input.name, input.value);
  }
  const headers = {};
  const key = document.getElementById("key").value;
  if (key) headers.authorization = `Bearer ${key}`;
  const body = form.elements.body?.value;
  if (body) headers["content-type"] = form.elements["content-type"].value;
  const options = { method: form.dataset.method.toUpperCase(), headers, body };
  return fetch(query.size ? `${path}?${query}` : path, options);
};

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const output = event.target.querySelector("output");
  try {
    const answer = await request(event.target);
    output.textContent = `${answer.status} ${answer.statusText}\n${pretty(await answer.text())}`;
  } catch (error) {
    output.textContent = String(error);
  }
});

// A link to an operation or a schema opens it.
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.open = true;
};
addEventListener("hashchange", open);
open();
