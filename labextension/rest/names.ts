/**
 * Names of files as REST spells them, and as people read them.
 *
 * In JSON and URLs, bytes of a name that are no UTF-8, control characters and "%" itself are percent-encoded. What came so is sent
 * back as it came; what JupyterLab calls a file is encoded first. An address is "VOLUME:PATH".
 */

/** A file or directory of a volume, its path as REST spells it ("" is the volume's root). */
export interface IVolumePath {
  readonly volume: string;
  readonly path: string;
}

const TO_ENCODE = /[\x00-\x1f\x7f-\x9f%]/g;
const ENCODED = /%[0-9A-Fa-f]{2}/g;

/** Spell a name or path as REST does. */
export function encodeName(name: string): string {
  return name.replace(TO_ENCODE, character =>
    [...new TextEncoder().encode(character)]
      .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('')
  );
}

/** Spell a name or path for people: as it is on disk where that can be shown, else as REST spells it. */
export function decodeName(name: string): string {
  const codes = name.match(ENCODED) ?? [];
  return codes.every(code => code === '%25') ? name.replaceAll('%25', '%') : name;
}

/** The last name of a path, spelled for people. */
export function baseName(path: string): string {
  return decodeName(path.slice(path.lastIndexOf('/') + 1));
}

/** The directory that a path is in; "" is the volume's root. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function formatVolumePath(at: IVolumePath): string {
  return `${at.volume}:${at.path}`;
}

/** Take "VOLUME:PATH" apart; undefined where there is no volume in front. */
export function parseVolumePath(text: string): IVolumePath | undefined {
  const colon = text.indexOf(':');
  return colon > 0 ? { volume: text.slice(0, colon), path: text.slice(colon + 1) } : undefined;
}
