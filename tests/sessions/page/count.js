// Counts what runs in a page. An init script, so it runs before all other scripts.

// @ts-nocheck The wrappers pass on any arguments.

{
  const timers = new Set();
  const listeners = [];
  const channels = new Set();
  const popups = new Set();
  const requests = new Set();

  const { setTimeout, clearTimeout, setInterval, clearInterval, fetch, open, BroadcastChannel } = globalThis;
  globalThis.setTimeout = (work, ...rest) => {
    const timer = setTimeout(
      (...args) => {
        timers.delete(timer);
        return work(...args);
      },
      ...rest,
    );
    timers.add(timer);
    return timer;
  };
  globalThis.setInterval = (...args) => {
    const timer = setInterval(...args);
    timers.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => (timers.delete(timer), clearTimeout(timer));
  globalThis.clearInterval = (timer) => (timers.delete(timer), clearInterval(timer));

  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const index = (target, type, listener) =>
    listeners.findIndex((it) => it.target === target && it.type === type && it.listener === listener);
  EventTarget.prototype.addEventListener = function (type, listener, ...rest) {
    const target = this ?? globalThis;
    if (index(target, type, listener) < 0) {
      listeners.push({ target, type, listener });
      const gone = () => {
        const found = index(target, type, listener);
        if (found >= 0) listeners.splice(found, 1);
      };
      // The browser removes these listeners itself.
      if (rest[0]?.once) addEventListener.call(target, type, gone, { once: true });
      if (rest[0]?.signal) addEventListener.call(rest[0].signal, "abort", gone, { once: true });
    }
    return addEventListener.call(target, type, listener, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, ...rest) {
    const target = this ?? globalThis;
    const found = index(target, type, listener);
    if (found >= 0) listeners.splice(found, 1);
    return removeEventListener.call(target, type, listener, ...rest);
  };

  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(...args) {
      super(...args);
      channels.add(this);
    }

    close() {
      channels.delete(this);
      super.close();
    }
  };

  globalThis.open = (...args) => {
    const popup = open.apply(globalThis, args);
    if (popup) popups.add(popup);
    return popup;
  };

  globalThis.fetch = (...args) => {
    const request = fetch(...args);
    requests.add(request);
    const end = () => requests.delete(request);
    request.then(end, end);
    return request;
  };

  /** What is running now. The locks are those of the whole origin. */
  globalThis.running = async () => {
    const { held, pending } = await navigator.locks.query();
    return {
      timers: timers.size,
      listeners: listeners.map(({ target, type }) => `${target.constructor.name} ${type}`).sort(),
      channels: [...channels].map(({ name }) => name),
      popups: [...popups].filter(({ closed }) => !closed).length,
      requests: requests.size,
      locks: [...held, ...pending].map(({ name }) => name),
    };
  };
}
