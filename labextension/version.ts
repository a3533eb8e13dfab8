/**
 * The panel's own version, and how it stands to the server's.
 *
 * Panel and server extension come in one wheel, so they differ only where a page is older than the server that was restarted
 * since, or where they are installed in different environments.
 */

/** As in package.json; a test holds both together. */
export const VERSION = '0.1.0-dev.0';

const PATTERN = /^(\d+)\.(\d+)\.(\d+)(?:[-.]?(dev|alpha|beta|a|b|rc)\.?(\d+))?/;
const STAGES: Readonly<Record<string, number>> = { dev: 0, a: 1, alpha: 1, b: 2, beta: 2, rc: 3 };
const RELEASED = 4;

/** Return -1 where the server is older than the panel, 1 where it is newer, 0 where they are alike or can't be compared. */
export function compareVersions(server: string, panel: string): number {
  const [theirs, ours] = [parts(server), parts(panel)];
  const index = theirs.findIndex((part, position) => part !== ours[position]);
  return index < 0 || ours.length === 0 ? 0 : Math.sign(theirs[index] - ours[index]);
}

/** Take a version apart, as Python ("0.1.0.dev0") or npm ("0.1.0-dev.0") spells it. */
function parts(version: string): readonly number[] {
  const found = PATTERN.exec(version);
  if (found === null) {
    return [];
  }
  const [, major, minor, patch, stage, count] = found;
  return [Number(major), Number(minor), Number(patch), stage ? STAGES[stage] : RELEASED, Number(count ?? 0)];
}
