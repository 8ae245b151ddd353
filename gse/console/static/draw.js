// What do our panels show? Elements made of what is known, without any state of their own.

import { zeroText } from './time.js';

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

const words = (name) => name.replaceAll('_', ' ');

// 12.4 s; minutes and seconds from a hundred on.
function duration(ms) {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds < 100) {
    return `${seconds.toFixed(1)} s`;
  }
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

export function drawStates(object, entered, now, strip) {
  const current = entered.at(-1);
  const panel = make('div', 'states');
  if (!current || now === null) {
    panel.append(make('p', 'dim', 'nothing received yet'));
    return panel;
  }
  const inState = now - current.ei;
  panel.append(
    make('div', 'states__head',
      make('span', current.cause === 'BACKUP' ? 'states__now caution' : 'states__now', words(current.state)),
      make('span', 'states__time', zeroText(now, 1))),
    make('div', 'dim', `for ${duration(inState)}, entered ${zeroText(current.ei, 1)}` +
      (current.cause === 'BACKUP' ? ' by its backup timer' : '')),
  );
  for (const [to, earliest, backup] of object.exits[current.state] ?? []) {
    panel.append(exit(to, earliest, backup, inState));
  }
  panel.append(strip, stateList(object, entered));
  return panel;
}

function exit(to, earliestS, backupS, inState) {
  const opens = 1000 * earliestS - inState;
  const row = make('div', 'exit', make('span', '', `→ ${words(to)}`));
  row.append(opens > 0
    ? make('span', 'dim', `opens in ${duration(opens)}`)
    : make('span', 'good', 'window open'));
  if (backupS === null) {
    return row;
  }
  const bar = make('div', 'bar');
  const fill = make('div', opens > 0 ? 'bar__fill' : 'bar__fill bar__fill--open');
  fill.style.width = `${Math.min(100, (inState / (10 * backupS)))}%`;
  bar.append(fill);
  const left = 1000 * backupS - inState;
  row.append(bar, make('span', left < 5000 ? 'caution' : 'dim', `backup in ${duration(left)}`));
  return row;
}

function stateList(object, entered) {
  const times = new Map(entered.map((e) => [e.state, e]));
  const current = entered.at(-1).state;
  const list = make('div', 'states__list');
  for (const name of object.states) {
    const at = times.get(name);
    const className = name === current ? 'good' : at ? '' : 'dim';
    const mark = name === current ? '▶' : at ? '●' : '○';
    const time = at ? zeroText(at.ei, 1) + (at.cause === 'BACKUP' ? ' backup' : '') : '';
    list.append(make('div', className, make('span', '', `${mark} ${words(name)}`), make('span', '', time)));
  }
  return list;
}

// States as coloured spans of the time that the plots show.
export function stateStrip(object, entered, now, bounds) {
  const strip = make('div', 'strip');
  if (!bounds || !entered.length || now === null) {
    return strip;
  }
  const share = (ms) => (100 * (ms - bounds.start)) / (bounds.end - bounds.start);
  entered.forEach((state, i) => {
    const from = Math.max(share(state.ei), 0);
    const to = Math.min(share(entered[i + 1]?.ei ?? now), 100);
    if (to <= from) {
      return;
    }
    const span = make('div', 'strip__state', words(state.state));
    span.title = `${words(state.state)} from ${zeroText(state.ei, 1)}`;
    span.style.left = `${from}%`;
    span.style.width = `${to - from}%`;
    span.style.background = `hsl(${(200 + 47 * object.states.indexOf(state.state)) % 360} 45% 32%)`;
    strip.append(span);
  });
  return strip;
}

const STATUS = { RUNNING: 1, SILENT: 2, READY: 4, RECORDING: 8 };

function condition(status, rate, powered) {
  if (status & STATUS.SILENT) return ['dead', 'DEAD'];
  if (rate && status & STATUS.RECORDING) return ['good', 'records'];
  if (rate && status & STATUS.RUNNING) return ['caution', 'films'];
  if (powered === false) return ['dim', 'off'];
  return status & STATUS.READY ? ['', 'ready'] : ['dim', 'idle'];
}

export function drawCameras(object, rows) {
  const [accounts, plan, hk] = [rows('CAM'), rows('CAM_TAG'), rows('HK')];
  if (!accounts || accounts.CAM0_TRIGGERED === undefined) {
    return make('p', 'dim', 'no account received yet');
  }
  const table = make('table', 'cameras');
  const head = make('tr', 'dim');
  for (const name of ['', 'plan', 'triggered', 'confirmed', 'missed', 'held back', '']) {
    head.append(make('th', '', name));
  }
  table.append(head);
  object.cameras.forEach((name, n) => {
    const of = (what) => accounts[`CAM${n}_${what}`] ?? 0;
    const rate = plan?.[`CAM${n}_RATE`] ?? 0;
    const powered = hk ? Boolean((hk.CAMERAS_POWERED >> n) & 1) : undefined;
    const [className, word] = condition(of('STATUS'), rate, powered);
    const row = make('tr', rate ? '' : 'dim', make('td', 'cameras__name', name));
    row.append(make('td', '', rate ? `${rate.toFixed(1)} Hz` : 'off'));
    for (const what of ['TRIGGERED', 'CONFIRMED', 'MISSED', 'INHIBITED']) {
      const doubt = what === 'MISSED' && of(what) ? 'caution' : '';
      row.append(make('td', doubt, of(what).toLocaleString('en')));
    }
    row.append(make('td', 'cameras__word', make('span', className, word)));
    table.append(row);
  });
  return table;
}

const COUNTERS = [
  ['frames_good', 'frames', false],
  ['frames_missing', 'frames missing', true],
  ['frames_damaged', 'frames damaged', true],
  ['symbols_corrected', 'octets corrected', false],
  ['packets_good', 'packets', false],
  ['packets_missing', 'packets missing', true],
  ['packets_damaged', 'packets damaged', true],
  ['restarts', 'restarts on board', true],
];

const LEVEL = { RED: 'dead', YELLOW: 'caution' };

// A file that has ended is not silent.
function urgency(age, link) {
  if (link === 'ended') return 'dim';
  if (age > 10_000) return 'dead';
  return age > 3000 ? 'caution' : '';
}

export function drawLink(live, rows) {
  const panel = make('div', 'link');
  const status = live.status;
  const add = (label, value, className = '') =>
    panel.append(make('div', '', make('span', 'dim', label), make('span', className, value)));
  if (!status) {
    panel.append(make('p', 'dim', 'not connected to the console yet'));
    return panel;
  }
  const age = status.age_s === undefined || status.age_s === null
    ? null : status.age_s * 1000 + Date.now() - live.statusAt;
  add('link', status.link, status.link === 'connected' ? 'good' : status.link === 'ended' ? 'dim' : 'caution');
  if (status.why) {
    add('', status.why, status.link === 'ended' ? 'dim' : 'caution');
  }
  if (age !== null) {
    add('last octets', `${duration(age)} ago`, urgency(age, status.link));
  }
  for (const [key, label, bad] of COUNTERS) {
    const count = status.counters[key];
    if (count !== undefined) {
      add(label, count.toLocaleString('en'), bad && count ? 'caution' : '');
    }
  }
  if (status.connections !== undefined) {
    add('connections', String(status.connections));
    add('archived', `${status.archived.toLocaleString('en')} octets`);
    add('alarms not acknowledged', String(status.alarms), status.alarms ? 'caution' : '');
  }
  const hk = rows('HK');
  for (const [name, label, shown] of BOARD) {
    if (hk?.[name] !== undefined && hk[name] !== null) {
      add(label, shown(hk[name]), LEVEL[status.levels?.[name]]);
    }
  }
  return panel;
}

const BOARD = [
  ['BUS_VOLTAGE', 'bus voltage', (v) => `${v.toFixed(1)} V`],
  ['BOARD_TEMPERATURE', 'board temperature', (v) => `${v.toFixed(1)} °C`],
  ['FRAME_TIME', 'minor frame', (v) => `${(1000 * v).toFixed(1)} ms`],
  ['QUEUE_DEPTH', 'downlink queue', (v) => `${v} B`],
];
