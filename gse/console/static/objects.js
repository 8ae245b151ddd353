// Which objects are there? Those that the console describes, in the form of Open MCT.

const NAMESPACE = 'edlcam';

const identifier = (key) => ({ namespace: NAMESPACE, key });

// Keys become identifiers, in the composition and wherever a configuration names an object.
function completed(described, parents) {
  const object = { ...described, identifier: identifier(described.key) };
  delete object.key;
  object.location = described.key === 'spacecraft' ? 'ROOT' : `${NAMESPACE}:${parents[described.key]}`;
  if (described.composition) {
    object.composition = described.composition.map(identifier);
  }
  const configuration = (object.configuration = structuredClone(described.configuration ?? {}));
  for (const series of configuration.series ?? []) {
    series.identifier = identifier(series.identifier);
  }
  for (const frame of (configuration.containers ?? []).flatMap((c) => c.frames)) {
    frame.domainObjectIdentifier = identifier(frame.domainObjectIdentifier);
  }
  return object;
}

const TYPES = {
  'edlcam.packet': ['Packet', 'icon-dictionary'],
  'edlcam.point': ['Channel', 'icon-telemetry'],
  'edlcam.events': ['Event reports', 'icon-tabular-scrolling'],
  'edlcam.states': ['State of the descent', 'icon-timeline'],
  'edlcam.cameras': ['Cameras', 'icon-image'],
  'edlcam.link': ['Link', 'icon-signal-bars-dark'],
};

export function installObjects(openmct, described) {
  const parents = { states: 'spacecraft' };
  for (const object of described.objects) {
    for (const child of object.composition ?? []) {
      parents[child] ??= object.key;
    }
  }
  const objects = new Map(described.objects.map((o) => [o.key, completed(o, parents)]));

  for (const [key, [name, cssClass]] of Object.entries(TYPES)) {
    openmct.types.addType(key, { name, cssClass });
  }
  openmct.objects.addRoot(identifier('spacecraft'), openmct.priority.HIGH);
  openmct.objects.addProvider(NAMESPACE, { get: async (id) => objects.get(id.key) });
  openmct.composition.addProvider({
    appliesTo: (object) => object.identifier.namespace === NAMESPACE && Boolean(object.composition),
    load: async (object) => object.composition,
  });
}
