/**
 * The two contents of a file that differs.
 *
 * Owns where they come from, and how large they may be to be shown. Doesn't own what is drawn of them (detail).
 */
import type { RokApi } from '../rest/api';
import type { EntryDifference } from '../rest/values';
import type { Comparison } from './comparison';

/** The largest text that is compared line by line, and the largest picture that is shown, in bytes. */
export const LARGEST_TEXT = 2_000_000;
export const LARGEST_IMAGE = 30_000_000;

/** A file's two contents; undefined where there is no file on that side. */
export interface IContents {
  readonly before: Blob | undefined;
  readonly after: Blob | undefined;
}

/** Fetch both contents; throws RokError. */
export async function fetchContents(
  api: RokApi,
  comparison: Comparison,
  item: EntryDifference,
  signal: AbortSignal
): Promise<IContents> {
  const { before, after } = comparison;
  const later = (): Promise<Response> =>
    after === 'live' ? api.liveContent(item, signal) : api.content(after.id, item, signal);
  const [first, second] = await Promise.all([
    item.before?.type === 'file'
      ? api.content(before.id, item, signal).then(answer => answer.blob())
      : undefined,
    item.after?.type === 'file' ? later().then(answer => answer.blob()) : undefined
  ]);
  return { before: first, after: second };
}

/** The larger of a file's two sizes, in bytes. */
export function largerSize(item: EntryDifference): number {
  return Math.max(item.before?.size ?? 0, item.after?.size ?? 0);
}

/** The text that both contents spell in UTF-8 ("" where there is none); undefined where one of them is no text. */
export async function decodeTexts(contents: IContents): Promise<readonly [string, string] | undefined> {
  try {
    return [await decodeText(contents.before), await decodeText(contents.after)];
  } catch {
    return undefined;
  }
}

async function decodeText(content: Blob | undefined): Promise<string> {
  const bytes = (await content?.arrayBuffer()) ?? new ArrayBuffer(0);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text.includes('\0')) {
    throw new TypeError('A text holds no NUL.');
  }
  return text;
}
