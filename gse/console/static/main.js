// How does the console start? Open MCT with our objects, our times, our telemetry and our panels.

import { Live } from './live.js';
import { installObjects } from './objects.js';
import { installPanels } from './panels.js';
import { installTelemetry } from './telemetry.js';
import { installTime } from './time.js';

const RETRY_MS = 1000;

// The tree; until the first BOOT packet has said of which mission, the page says what it waits for.
async function description() {
  const notice = document.getElementById('waiting');
  for (;;) {
    const answer = await fetch('api/objects').catch(() => null);
    if (answer?.ok) {
      notice.remove();
      return answer.json();
    }
    notice.textContent = `edlcam console: waiting: ${await why(answer)}`;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

// What an answer without a tree says, be it a server's own words.
async function why(answer) {
  const text = (await answer?.text().catch(() => '')) ?? '';
  try {
    return JSON.parse(text).waiting ?? text;
  } catch {
    return text || 'the console does not answer';
  }
}

async function start() {
  if (!window.openmct) {
    document.getElementById('waiting').textContent =
      'Open MCT is not installed here: run make console, and start edlcam console again.';
    return;
  }
  const openmct = window.openmct;
  const described = await description();
  const live = new Live();
  window.edlcam = { openmct, live, described };

  openmct.setAssetPath('openmct/');
  openmct.install(openmct.plugins.LocalStorage());
  openmct.install(openmct.plugins.Espresso());
  openmct.install(openmct.plugins.MyItems());
  openmct.install(openmct.plugins.UTCTimeSystem());
  openmct.install(openmct.plugins.DisplayLayout({ showAsView: [] }));
  installTime(openmct, described, live);
  installObjects(openmct, described);
  installTelemetry(openmct, live);
  installPanels(openmct, described, live);
  openmct.once('start', () => live.connect());
  openmct.start(document.getElementById('app'));
  if (!location.hash || location.hash === '#' || location.hash === '#/') {
    location.hash = '#/browse/edlcam:spacecraft/edlcam:layout.descent?hideInspector=true';
  }
}

start();
