/**
 * How large a volume's first snapshot gets, and what could be left out of it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { VolumeEstimate } from '../rest/values';
import { formatBytes } from '../ui/format';

/** Bytes from which on a first snapshot offers excludes before it starts. */
export const BIG = 10e9;

/** Whether a volume's first snapshot should offer excludes. */
export function isBig(estimate: VolumeEstimate): boolean {
  return estimate.size > BIG || estimate.is_home;
}

/** "30 MB in 4 files", "at least ..." where not all of it was counted. */
export function estimateWords(
  counted: Pick<VolumeEstimate, 'files' | 'size' | 'complete'>,
  trans: TranslationBundle
): string {
  const { files, size, complete } = counted;
  const words = trans.__('%1 in %2', formatBytes(size), trans._n('%1 file', '%1 files', files));
  return complete ? words : trans.__('at least %1', words);
}

/** What is left of an estimate without some of its candidates. */
export function remaining(
  estimate: VolumeEstimate,
  excluded: ReadonlySet<string>
): { readonly files: number; readonly size: number } {
  const left = estimate.candidates.filter(candidate => excluded.has(candidate.path));
  return {
    files: left.reduce((files, candidate) => files - candidate.files, estimate.files),
    size: left.reduce((size, candidate) => size - candidate.size, estimate.size)
  };
}
