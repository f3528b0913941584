// Follows the engine's script and attempts.js in its blob: URL, after the lock: the module comes by message.
self.onmessage = ({ data }) => {
  self.onmessage = null;
  wasm_bindgen.initSync({ module: data.module });
  self.postMessage("engine-ready");
};
// The lock panel's test, from inside the worker. The engine itself ignores this message.
self.addEventListener("message", async ({ data }) => {
  if (data?.tryToSend) self.postMessage({ tried: await tryToSend(data.tryToSend) });
});
