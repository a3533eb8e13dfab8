import { readFileSync } from 'fs';

import { compareVersions, VERSION } from './version';

describe('VERSION', () => {
  it('is that of the package', () => {
    expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf-8')).version);
  });
});

describe('compareVersions', () => {
  it.each([
    ['0.1.0.dev0', '0.1.0-dev.0', 0],
    ['0.1.0.dev0', '0.1.0', -1],
    ['0.1.0', '0.1.0-rc.1', 1],
    ['0.2.0rc1', '0.2.0-rc.2', -1],
    ['0.10.0', '0.9.3', 1],
    ['1.0.0', '1.0.0', 0],
    ['', '1.0.0', 0],
    ['of a fork', '1.0.0', 0]
  ])('finds the server %s beside the panel %s: %d', (server, panel, expected) => {
    expect(compareVersions(server, panel)).toBe(expected);
  });
});
