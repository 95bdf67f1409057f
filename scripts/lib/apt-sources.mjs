// Reads where apt gets its packages from, to ask the same mirror for one more suite. Text in, text out.

/**
 * @typedef {{ types: string[], uris: string[], suites: string[], components: string[], signedBy: string }} Source
 */

/**
 * The sources of one file of apt's: DEB822 stanzas (`*.sources`) or one-line entries (`*.list`). Disabled ones are left out.
 * @param {string} name the file's name, which tells its format
 * @param {string} text
 * @returns {Source[]}
 */
export function parseSources(name, text) {
  if (name.endsWith('.sources')) return parseStanzas(text);
  return name.endsWith('.list') ? parseLines(text) : [];
}

/** @param {string} text @returns {Source[]} */
function parseStanzas(text) {
  // A comment line may stand between a field and its continuation, so comments go first.
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n[ \t]*\n/)
    .map((stanza) => {
      const fields = new Map();
      for (const [, key, value] of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm))
        fields.set(key.toLowerCase(), value.replace(/^[ \t]+/, '').trimEnd());
      const words = (key) => (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
      const disabled = /^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? '');
      const source = {
        types: words('types'),
        uris: words('uris'),
        suites: words('suites'),
        components: words('components'),
        signedBy: fields.get('signed-by') ?? '',
      };
      return disabled || source.uris.length === 0 ? undefined : source;
    })
    .filter((source) => source !== undefined);
}

/** @param {string} text @returns {Source[]} */
function parseLines(text) {
  return text.split('\n').flatMap((line) => {
    const entry = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (entry === null) return [];
    const [, type, options = '', uri, suite, components] = entry;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1].replaceAll(',', ' ') ?? '';
    return [
      {
        types: [type],
        uris: [uri],
        suites: [suite],
        components: components.split(/\s+/).filter((word) => word !== ''),
        signedBy,
      },
    ];
  });
}

/**
 * The stanza that adds a release's backports from the mirror that the release itself comes from.
 * @param {Source[]} sources
 * @param {string} release codename, e.g. bookworm
 * @returns {{ present: true } | { present: false, stanza: string } | undefined} undefined where no source has the release
 */
export function backportsOf(sources, release) {
  const binary = sources.filter(
    ({ types, components }) => types.includes('deb') && components.includes('main'),
  );
  const suite = `${release}-backports`;
  if (binary.some(({ suites }) => suites.includes(suite))) return { present: true };
  const base = binary.find(({ suites }) => suites.includes(release));
  if (base === undefined) return undefined;
  const fields = [`Types: deb`, `URIs: ${base.uris[0]}`, `Suites: ${suite}`, `Components: main`];
  if (base.signedBy !== '') fields.push(`Signed-By: ${base.signedBy}`);
  return { present: false, stanza: `${fields.join('\n')}\n` };
}
