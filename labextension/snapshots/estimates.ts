/**
 * How large a volume's first snapshot gets, and what could be left out of it.
 */
import type { VolumeEstimate } from '../rest/values';

/** Bytes from which on a first snapshot offers excludes before it starts. */
export const BIG = 10e9;

/** Whether a volume's first snapshot should offer excludes. */
export function isBig(estimate: VolumeEstimate): boolean {
  return estimate.size > BIG || estimate.is_home;
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
