// How do rows come while they are received? Over one WebSocket, numbered, so that none is ever missed.
//
// Each message is answered, and the console sends no more than a few that are not: a slow page falls
// behind, and goes on from the archive. So does one whose connection was broken.

const RETRY_MS = 1000;

export const REAL_TIME = 0; // the virtual channel of what is so now; what is played back was so once

export class Live {
  constructor() {
    this.received = {}; // rows of each packet since the page was opened
    this.latest = {}; // the last value of each column in real time, by packet
    this.latestEi = null;
    this.ready = new Promise((resolve) => (this.begin = resolve)); // every row comes from then on
    this.status = null;
    this.statusAt = 0;
    this.run = null;
    this.cursor = null;
    this.listeners = new Map(); // packet -> functions of its columns
    this.watchers = new Set(); // functions of this, after each message
  }

  connect() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/api/live`));
    socket.onopen = () => {
      socket.send(JSON.stringify(this.cursor ? { run: this.run, cursor: this.cursor } : {}));
    };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      this.take(message);
      if (message.number) {
        socket.send(JSON.stringify({ took: message.number }));
      }
    };
    socket.onclose = () => {
      this.status = { link: 'console gone', why: 'the console does not answer', counters: {} };
      this.tell();
      setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  take(message) {
    if (message.status) {
      this.status = message.status;
      this.statusAt = Date.now();
    } else {
      this.run = message.run;
      this.cursor = message.cursor;
      for (const [packet, columns] of Object.entries(message.packets)) {
        this.takeRows(packet, columns);
      }
      this.begin();
    }
    this.tell();
  }

  takeRows(packet, columns) {
    const rows = columns.ei.length;
    this.received[packet] = (this.received[packet] ?? 0) + rows;
    const last = columns.virtual_channel.lastIndexOf(REAL_TIME);
    if (last >= 0) {
      const latest = (this.latest[packet] ??= {});
      for (const [name, values] of Object.entries(columns)) {
        latest[name] = values[last];
      }
      if (packet !== 'EVR' && latest.ei !== null) {
        this.latestEi = latest.ei;
      }
    }
    for (const listener of this.listeners.get(packet) ?? []) {
      listener(columns);
    }
  }

  // Calls a function with the columns of each batch of a packet; gives one that ends it.
  listen(packet, listener) {
    if (!this.listeners.has(packet)) {
      this.listeners.set(packet, new Set());
    }
    this.listeners.get(packet).add(listener);
    return () => this.listeners.get(packet).delete(listener);
  }

  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  tell() {
    for (const watcher of this.watchers) {
      watcher(this);
    }
  }
}
