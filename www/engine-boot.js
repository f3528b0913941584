// Follows the engine's script and attempts.js in its blob: URL, after the lock: the module comes by message.
// Firefox reports no refusal of an EventSource to a worker, and what cannot be seen to be refused is taken away.
delete self.EventSource;
self.onmessage = ({ data }) => {
  self.onmessage = null;
  wasm_bindgen.initSync({ module: data.module });
  self.postMessage("engine-ready");
};
// The lock panel's test, from inside the worker. The engine itself ignores this message.
self.addEventListener("message", async ({ data }) => {
  if (data?.tryToSend) self.postMessage({ tried: await tryToSend(data.tryToSend) });
});
