// Plan: both formats of apt's sources with their quirks; the backports come from the mirror and under the key of the release
// itself, are not added twice, and are not guessed where the release is not found.
import { describe, expect, it } from 'vitest';
import { backportsOf, parseSources } from './lib/apt-sources.mjs';

const STANZAS = `# made by hand
Types: deb deb-src
# a comment between fields
URIs: http://mirror.invalid/debian http://second.invalid/debian
Suites: bookworm
# and in the middle of one
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/one.gpg

Types: deb
URIs: http://mirror.invalid/security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.invalid/debian
Suites: bookworm-backports
Components: main
`;

describe('parseSources', () => {
  it('reads stanzas: comments, several values, continued lines, embedded keys, disabled ones', () => {
    const [main, security, ...rest] = parseSources('debian.sources', STANZAS);
    expect(rest).toEqual([]);
    expect(main).toEqual({
      types: ['deb', 'deb-src'],
      uris: ['http://mirror.invalid/debian', 'http://second.invalid/debian'],
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      signedBy: '/usr/share/keyrings/one.gpg',
    });
    expect(security.signedBy).toContain('\n mQINBF\n');
    expect(security.suites).toEqual(['bookworm-security']);
  });

  it('reads one-line entries with and without options', () => {
    const text = `
# deb http://off.invalid/debian bookworm main
deb http://mirror.invalid/debian bookworm main contrib # as installed
deb-src [ arch=amd64 signed-by=/a.gpg,/b.gpg ] http://mirror.invalid/debian bookworm main
`;
    expect(parseSources('/etc/apt/sources.list', text)).toEqual([
      {
        types: ['deb'],
        uris: ['http://mirror.invalid/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        signedBy: '',
      },
      {
        types: ['deb-src'],
        uris: ['http://mirror.invalid/debian'],
        suites: ['bookworm'],
        components: ['main'],
        signedBy: '/a.gpg /b.gpg',
      },
    ]);
  });

  it('leaves files of other names alone, as apt does', () => {
    expect(parseSources('debian.sources.disabled', STANZAS)).toEqual([]);
  });
});

describe('backportsOf', () => {
  const sources = parseSources('debian.sources', STANZAS);

  it('asks the mirror of the release, under its key', () => {
    expect(backportsOf(sources, 'bookworm')).toEqual({
      present: false,
      stanza: `Types: deb
URIs: http://mirror.invalid/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/one.gpg
`,
    });
  });

  it('writes a stanza that reads back as what it is', () => {
    const added = backportsOf(
      parseSources('x.sources', STANZAS.split('\n\n')[1].replace('-security', '')),
      'bookworm',
    );
    const stanza = added?.present === false ? added.stanza : '';
    const [source] = parseSources('added.sources', stanza);
    expect(source.suites).toEqual(['bookworm-backports']);
    expect(source.signedBy).toContain('END PGP');
  });

  it('adds nothing where the suite is there already', () => {
    const line = 'deb http://other.invalid/debian bookworm-backports main';
    expect(backportsOf([...sources, ...parseSources('a.list', line)], 'bookworm')).toEqual({ present: true });
    const withoutMain = 'deb http://other.invalid/debian bookworm-backports contrib';
    expect(backportsOf([...sources, ...parseSources('a.list', withoutMain)], 'bookworm')?.present).toBe(
      false,
    );
    const sourceOnly = line.replace('deb ', 'deb-src ');
    expect(backportsOf([...sources, ...parseSources('a.list', sourceOnly)], 'bookworm')?.present).toBe(false);
  });

  it('knows no mirror for a release that no source has', () => {
    expect(backportsOf(sources, 'trixie')).toBeUndefined();
  });
});
