// Which times are there? Seconds from the mission's time zero by the spacecraft's clock, and UTC of
// reception.

const MINUTE = 60_000;
const PAST = 2 * MINUTE;
const AHEAD = 15_000;

// T+04:00.63, T-10:00, T+1:02:05.
export function zeroText(ms, decimals = 2) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) {
    return '';
  }
  const unit = 10 ** decimals;
  const ticks = Math.round((Math.abs(ms) / 1000) * unit);
  const seconds = Math.floor(ticks / unit);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, '0');
  const fraction = decimals ? `.${String(ticks % unit).padStart(decimals, '0')}` : '';
  return `T${ms < 0 ? '-' : '+'}${h ? `${h}:` : ''}${two(m)}:${two(s)}${fraction}`;
}

export function zeroParse(text) {
  if (typeof text === 'number') {
    return text;
  }
  const found = /^T?([+-]?)(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d*)?)$/.exec(String(text).trim());
  if (!found) {
    return NaN;
  }
  const [, sign, first, second, last] = found;
  const [hours, minutes] = second === undefined ? [0, first ?? 0] : [first, second];
  const ms = 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(last));
  return Math.round(sign === '-' ? -ms : ms);
}

// A clock that shows the time of the last packet.
class SpacecraftClock {
  constructor(live, begin) {
    this.key = 'spacecraft';
    this.name = 'Spacecraft clock';
    this.description = 'Time of the last packet, from time zero';
    this.cssClass = 'icon-clock';
    this.listeners = new Set();
    this.value = begin;
    live.watch(() => {
      if (live.latestEi !== null && live.latestEi !== this.value) {
        this.value = live.latestEi;
        for (const listener of [...this.listeners]) {
          listener(this.value);
        }
      }
    });
  }

  currentValue() {
    return this.value;
  }

  on(event, listener) {
    if (event === 'tick') {
      this.listeners.add(listener);
    }
  }

  off(event, listener) {
    this.listeners.delete(listener);
  }
}

export function installTime(openmct, described, live) {
  openmct.telemetry.addFormat({
    key: 'zero',
    format: (value) => zeroText(value),
    parse: zeroParse,
    validate: (text) => !Number.isNaN(zeroParse(text)),
  });
  openmct.time.addTimeSystem({
    key: 'ei',
    name: 'From time zero',
    cssClass: 'icon-clock',
    timeFormat: 'zero',
    durationFormat: 'duration',
    isUTCBased: false,
  });
  const [first, last] = described.extents.ei ?? [-MINUTE, MINUTE];
  const now = Date.now();
  const [firstUtc, lastUtc] = described.extents.utc ?? [now - MINUTE, now];
  openmct.time.addClock(new SpacecraftClock(live, last));

  const fixed = [
    { name: 'Time from zero', timeSystem: 'ei', bounds: { start: first, end: last }, zoomOutLimit: null },
    { name: 'UTC of reception', timeSystem: 'utc', bounds: { start: firstUtc, end: lastUtc + 1000 } },
  ];
  const following = [
    { name: 'Live, from zero', timeSystem: 'ei', clock: 'spacecraft',
      clockOffsets: { start: -PAST, end: AHEAD } },
    { name: 'Live, UTC', timeSystem: 'utc', clock: 'local',
      clockOffsets: { start: -PAST, end: AHEAD } },
  ];
  openmct.install(
    openmct.plugins.Conductor({ menuOptions: described.live ? [...following, ...fixed] : fixed }),
  );
}
