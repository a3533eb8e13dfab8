/**
 * Where a restore goes, and whether it deletes.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import type { Snapshot, Volume } from '../rest/values';
import { folderProblem, type IChoice, proposedFolder } from './choice';
import { Radio } from './scopeChoice';

export function TargetChoice(props: {
  snapshot: Snapshot;
  choice: IChoice;
  volumes: readonly Volume[];
  trans: TranslationBundle;
  onChoose: (change: Partial<IChoice>) => void;
}): JSX.Element {
  const { snapshot, choice, trans, onChoose } = props;
  const [last, setLast] = useState(choice.folder ?? proposedFolder(snapshot));
  const { folder } = choice;
  const inPlace = folder === null;
  const problem = describeFolder(folder, trans);
  return (
    <fieldset className="jp-RokRestore-field">
      <legend>{trans.__('Where')}</legend>
      <Radio
        name="target"
        label={trans.__('In place')}
        checked={inPlace}
        onCheck={() => onChoose({ folder: null })}
      />
      <Radio
        name="target"
        label={trans.__('Into a new folder of the workspace')}
        checked={!inPlace}
        onCheck={() => onChoose({ folder: last })}
      />
      {!inPlace && (
        <input
          type="text"
          className="jp-RokRestore-folder"
          aria-label={trans.__('Folder')}
          aria-invalid={problem !== undefined}
          value={folder}
          onChange={event => {
            setLast(event.target.value);
            onChoose({ folder: event.target.value });
          }}
        />
      )}
      {problem && <p role="alert">{problem}</p>}
      {inPlace && <Deleting choice={choice} trans={trans} onChoose={onChoose} />}
      {inPlace && <Elsewhere {...props} />}
    </fieldset>
  );
}

/** Why a folder can't be restored to; undefined where it can, and in place. */
export function describeFolder(folder: string | null, trans: TranslationBundle): string | undefined {
  switch (folder === null ? undefined : folderProblem(folder)) {
    case 'empty':
      return trans.__('Give the folder a name.');
    case 'outside':
      return trans.__('Give a folder below the workspace, without “/” at its beginning.');
    default:
      return undefined;
  }
}

function Deleting(props: {
  choice: IChoice;
  trans: TranslationBundle;
  onChoose: (change: Partial<IChoice>) => void;
}): JSX.Element {
  const { choice, trans, onChoose } = props;
  return (
    <label className="jp-RokRestore-radio">
      <input
        type="checkbox"
        checked={choice.delete}
        onChange={event => onChoose({ delete: event.target.checked })}
      />
      {trans.__('Delete what the snapshot lacks')}
    </label>
  );
}

/** Volumes of the snapshot that are gone or elsewhere, and which of today's each goes to. */
function Elsewhere(props: {
  snapshot: Snapshot;
  choice: IChoice;
  volumes: readonly Volume[];
  trans: TranslationBundle;
  onChoose: (change: Partial<IChoice>) => void;
}): JSX.Element {
  const { snapshot, choice, volumes, trans, onChoose } = props;
  const lost = snapshot.members.filter(member => volumes.every(volume => volume.path !== member.path));
  const choose = (name: string, path: string): void => {
    const { [name]: _, ...others } = choice.volumes;
    onChoose({ volumes: path ? { ...others, [name]: path } : others });
  };
  return (
    <>
      {lost.map(member => (
        <label key={member.volume} className="jp-RokRestore-elsewhere">
          {trans.__(
            'The volume %1 was at %2, where there is none now. Put it into:',
            member.volume,
            member.path
          )}
          <select
            value={choice.volumes[member.volume] ?? ''}
            onChange={event => choose(member.volume, event.target.value)}
          >
            <option value="">{trans.__('(choose a volume)')}</option>
            {volumes.map(volume => (
              <option key={volume.name} value={volume.path}>
                {`${volume.name} (${volume.path})`}
              </option>
            ))}
          </select>
        </label>
      ))}
    </>
  );
}
