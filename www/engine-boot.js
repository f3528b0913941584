// Follows the engine's script in its blob: URL, after the lock: the module comes by message.
self.onmessage = ({ data }) => {
  self.onmessage = null;
  initSync({ module: data.module });
  self.postMessage("engine-ready");
};
