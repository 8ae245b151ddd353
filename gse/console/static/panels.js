// Which panels does Open MCT not have? The state of the descent, the cameras, the link.

import { drawCameras, drawLink, drawStates, stateStrip } from './draw.js';
import { REAL_TIME } from './live.js';

const REDRAW_MS = 250;

// A view of one type of object: draws into its element, several times a second.
function panel(openmct, type, make) {
  openmct.objectViews.addProvider({
    key: `${type}.view`,
    name: 'Panel',
    canView: (object) => object.type === type,
    priority: () => openmct.priority.HIGH,
    view: (object) => {
      let timer, stop;
      return {
        show(element) {
          // Open MCT keeps the class names of its own element to itself.
          const inner = document.createElement('div');
          inner.className = 'edlcam-panel';
          element.append(inner);
          const { draw, end } = make(object, inner);
          stop = end;
          draw();
          timer = setInterval(draw, REDRAW_MS);
        },
        destroy() {
          clearInterval(timer);
          stop?.();
        },
      };
    },
  });
}

async function latest(packet, columns) {
  const query = new URLSearchParams({ columns: columns.join(','), strategy: 'latest', size: 1 });
  const answer = await fetch(`api/history/${packet}?${query}`);
  return answer.ok ? answer.json() : {};
}

// The last row of packets, from history until one comes.
function lastRows(described, live, packets) {
  const known = {};
  for (const packet of packets) {
    const columns = described.objects.filter((o) => o.packet === packet).map((o) => o.column);
    live.ready.then(() => latest(packet, columns)).then((found) => {
      const last = Object.entries(found).map(([name, values]) => [name, values.at(-1)]);
      known[packet] ??= Object.fromEntries(last);
    });
  }
  return (packet) => live.latest[packet] ?? known[packet];
}

function statesPanel(openmct, described, live, object, element) {
  const entered = [];
  const add = (state, ei, cause) => {
    if (entered.at(-1)?.state !== state) {
      entered.push({ state, ei, cause });
    }
  };
  live.ready
    .then(() => fetch('api/states'))
    .then((answer) => answer.json())
    .then((found) => entered.splice(0, 0, ...found.filter((f) => !(entered[0]?.ei <= f.ei))));
  const rows = lastRows(described, live, ['EDL']);
  const CAUSES = ['NONE', 'PRIMARY', 'BACKUP'];
  const end = live.listen('EDL', (columns) => {
    columns.EDL_STATE.forEach((state, i) => {
      if (columns.virtual_channel[i] === REAL_TIME) {
        add(object.states[state] ?? String(state), columns.ei[i] - 1000 * columns.EDL_TIME_IN_STATE[i],
          CAUSES[columns.EDL_CAUSE[i]]);
      }
    });
  });
  const draw = () => {
    const now = live.latestEi ?? rows('EDL')?.ei ?? null;
    const bounds = openmct.time.getTimeSystem().key === 'ei' && openmct.time.getBounds();
    const strip = stateStrip(object, entered, now, bounds);
    element.replaceChildren(drawStates(object, entered, now, strip));
  };
  return { draw, end };
}

export function installPanels(openmct, described, live) {
  panel(openmct, 'edlcam.states', (object, element) =>
    statesPanel(openmct, described, live, object, element));
  panel(openmct, 'edlcam.cameras', (object, element) => {
    const rows = lastRows(described, live, ['CAM', 'CAM_TAG', 'HK']);
    return { draw: () => element.replaceChildren(drawCameras(object, rows)) };
  });
  panel(openmct, 'edlcam.link', (object, element) => {
    const rows = lastRows(described, live, ['HK']);
    return { draw: () => element.replaceChildren(drawLink(live, rows)) };
  });
  const indicator = openmct.indicators.simpleIndicator();
  indicator.iconClass('icon-signal-bars-dark');
  openmct.indicators.add(indicator);
  live.watch(() => {
    const status = live.status;
    indicator.text(status ? `Downlink ${status.link}${status.why ? `: ${status.why}` : ''}` : '');
    indicator.statusClass(status?.link === 'connected' ? 's-status-on' : 's-status-warning-lo');
  });
}
