/**
 * Who else works with the files of a plan: looked at anew for each plan, and after saving.
 */
import { useMemo, useRef, useState } from 'react';

import type { IVolumePath } from '../rest/names';
import type { RestorePlan } from '../rest/values';
import type { IKernel } from './kernels';
import { ChangedPlaces } from './places';
import type { Surroundings } from './surroundings';

/** Unsaved documents and kernels that a change concerns. */
export interface IBystanders {
  /** Unsaved documents that were not saved for this change yet. */
  readonly unsaved: readonly string[];
  readonly kernels: readonly IKernel[];
  /** Save those documents; `failed` is how many could not be. */
  save(): Promise<{ readonly failed: number }>;
}

/**
 * `concerns` says which documents are in the way. One that was saved for this change isn't in its way again: a notebook that prints
 * all the time would be for ever.
 */
export function useBystanders(
  plan: RestorePlan | null,
  surroundings: Surroundings,
  concerns: (at: IVolumePath, places: ChangedPlaces) => boolean
): IBystanders {
  const [turn, setTurn] = useState(0);
  const saved = useRef(new Set<string>());
  const found = useMemo(() => {
    const places = plan && new ChangedPlaces(plan);
    const unsaved = places ? surroundings.unsaved(at => concerns(at, places)) : [];
    return {
      turn,
      unsaved: unsaved.filter(path => !saved.current.has(path)),
      kernels: places ? surroundings.kernelsAt(places) : []
    };
  }, [plan, surroundings, concerns, turn]);
  const save = async (): Promise<{ readonly failed: number }> => {
    const outcome = await surroundings.save(found.unsaved);
    if (outcome.failed === 0) {
      found.unsaved.forEach(path => saved.current.add(path));
    }
    setTurn(turn + 1);
    return outcome;
  };
  return { ...found, save };
}
