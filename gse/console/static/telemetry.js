// Where do values come from? History by request, live rows from the WebSocket, in the same form.

const OURS = 'edlcam';

const isOurs = (object) => object.identifier.namespace === OURS && Boolean(object.packet);

// Flags as text: their names by bit.
function flagsText(mask, names) {
  const set = names.filter((_, bit) => (mask >> bit) & 1);
  return set.join(' ') || 'none';
}

// Columns of a packet as what Open MCT calls data of one object.
function data(object, columns) {
  const id = object.identifier;
  const rows = columns.ei.length;
  const found = [];
  for (let i = 0; i < rows; i++) {
    if (columns.ei[i] === null) {
      continue;
    }
    const datum = { id, ei: columns.ei[i], utc: columns.utc[i] };
    if (object.column) {
      datum.value = columns[object.column]?.[i];
      if (datum.value === null || datum.value === undefined) {
        continue; // not computable in this row
      }
      if (object.flags) {
        datum.text = flagsText(datum.value, object.flags);
      }
    } else {
      datum.severity = columns.severity[i];
      datum.name = columns.name[i];
      datum.text = columns.text[i];
    }
    found.push(datum);
  }
  return found;
}

// Asked for only once live rows come, so that none falls between the two; and while time goes on,
// without an end, which would be too early by the time of the answer.
async function history(openmct, live, object, options) {
  await live.ready;
  const query = new URLSearchParams({ domain: options.domain === 'utc' ? 'utc' : 'ei' });
  const bounds = openmct.time.isRealTime() ? ['start'] : ['start', 'end'];
  for (const key of [...bounds, 'size', 'strategy']) {
    if (options[key] !== undefined && options[key] !== null) {
      query.set(key, options[key]);
    }
  }
  if (options.strategy === 'latest') {
    query.set('size', options.size ?? 1);
  }
  if (object.column) {
    query.set('columns', object.column);
  }
  const answer = await fetch(`api/history/${object.packet}?${query}`, { signal: options.signal });
  if (!answer.ok) {
    throw new Error((await answer.json()).error);
  }
  return data(object, await answer.json());
}

// Open MCT's style for a value above or below a limit.
const STYLE = {
  red_high: ['is-limit--upr is-limit--red', 'above its red limit'],
  red_low: ['is-limit--lwr is-limit--red', 'below its red limit'],
  yellow_high: ['is-limit--upr is-limit--yellow', 'above its yellow limit'],
  yellow_low: ['is-limit--lwr is-limit--yellow', 'below its yellow limit'],
};

function crossed(limits, value) {
  const is = (side) => limits[side] !== null;
  if (is('red_high') && value > limits.red_high) return 'red_high';
  if (is('red_low') && value < limits.red_low) return 'red_low';
  if (is('yellow_high') && value > limits.yellow_high) return 'yellow_high';
  if (is('yellow_low') && value < limits.yellow_low) return 'yellow_low';
  return null;
}

const SEVERITY_STYLE = {
  WARNING_LO: 'is-limit--yellow',
  WARNING_HI: 'is-limit--red',
  FATAL: 'is-limit--red',
};

function evaluator(object) {
  if (!object.column) {
    return {
      evaluate: (datum) => {
        const cssClass = SEVERITY_STYLE[datum.severity];
        return cssClass && { cssClass, name: datum.severity };
      },
    };
  }
  return {
    evaluate: (datum, metadata) => {
      const side = metadata?.key === 'value' ? crossed(object.limits, datum.value) : null;
      return side && { cssClass: STYLE[side][0], name: STYLE[side][1] };
    },
  };
}

function limitLines({ limits }) {
  const line = (color, value) => (value === null ? undefined : { color, value });
  const level = (color, low, high) => ({ low: line(color, low), high: line(color, high) });
  return {
    WARNING: level('yellow', limits.yellow_low, limits.yellow_high),
    CRITICAL: level('red', limits.red_low, limits.red_high),
  };
}

export function installTelemetry(openmct, live) {
  openmct.telemetry.addProvider({
    supportsRequest: isOurs,
    request: (object, options) => history(openmct, live, object, options),
    supportsSubscribe: isOurs,
    supportsBatching: () => true,
    subscribe: (object, callback) =>
      live.listen(object.packet, (columns) => {
        const found = data(object, columns);
        if (found.length) {
          callback(found);
        }
      }),
    supportsLimits: (object) => isOurs(object) && (Boolean(object.limits) || !object.column),
    getLimitEvaluator: evaluator,
    getLimits: (object) => ({ limits: async () => (object.limits ? limitLines(object) : {}) }),
  });
}
