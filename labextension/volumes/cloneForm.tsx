/**
 * The form that makes a new volume from a snapshot's volume.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RokError } from '../rest/error';
import type { Snapshot } from '../rest/values';
import { Field, type IForm } from '../ui/formDialog';
import { formatDateTime } from '../ui/format';

/** What was filled in. */
export interface ICloneDraft {
  readonly volume: string;
  readonly name: string;
}

/** A free name for a clone: "data-2026-05-12", with a number where that is taken. */
export function suggestName(volume: string, snapshot: Snapshot, taken: readonly string[]): string {
  const name = `${volume}-${snapshot.created.slice(0, 10)}`;
  let free = name;
  for (let number = 2; taken.includes(free); number += 1) {
    free = `${name}-${number}`;
  }
  return free;
}

/** Why a draft can't be taken, as a sentence; undefined where it can. */
export function cloneProblem(
  draft: ICloneDraft,
  taken: readonly string[],
  trans: TranslationBundle
): string | undefined {
  const name = draft.name.trim();
  if (name === '') {
    return trans.__('Give the new volume a name.');
  }
  return taken.includes(name)
    ? trans.__('There is a volume %1 already: choose another name.', name)
    : undefined;
}

/** The form; `taken` are the names of the volumes that there are. */
export function cloneForm(
  snapshot: Snapshot,
  initial: ICloneDraft,
  taken: readonly string[],
  trans: TranslationBundle,
  error?: RokError
): IForm<ICloneDraft> {
  return {
    title: trans.__('Clone a volume'),
    accept: trans.__('Clone'),
    initial,
    error,
    problem: draft => cloneProblem(draft, taken, trans),
    draw: (draft, change) => (
      <>
        <p className="jp-RokField">
          {trans.__(
            'A new volume is made from the snapshot of %1. Nothing that is there now changes.',
            formatDateTime(snapshot.created)
          )}
        </p>
        {snapshot.members.length > 1 && (
          <Field id="rok-clone-volume" label={trans.__('Volume of the snapshot')}>
            <select
              id="rok-clone-volume"
              value={draft.volume}
              onChange={event => change({ volume: event.currentTarget.value })}
            >
              {snapshot.members.map(member => (
                <option key={member.volume} value={member.volume}>
                  {member.volume}
                </option>
              ))}
            </select>
          </Field>
        )}
        <Field id="rok-clone-name" label={trans.__('Name of the new volume')}>
          <input
            id="rok-clone-name"
            type="text"
            value={draft.name}
            onChange={event => change({ name: event.currentTarget.value })}
          />
        </Field>
      </>
    )
  };
}
