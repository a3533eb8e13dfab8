/**
 * Which part of a snapshot is restored: everything, one volume, or chosen files and folders.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { decodeName } from '../rest/names';
import type { RokApi } from '../rest/api';
import type { Snapshot } from '../rest/values';
import { Button } from '../ui/button';
import { type IChoice, wholeVolume, withPath } from './choice';
import { EntryPicker } from './entryPicker';

/** Radio buttons; for a part, its paths and a picker to add to them. */
export function ScopeChoice(props: {
  snapshot: Snapshot;
  choice: IChoice;
  api: RokApi;
  trans: TranslationBundle;
  onChoose: (paths: readonly string[]) => void;
}): JSX.Element {
  const { snapshot, choice, api, trans, onChoose } = props;
  const volume = wholeVolume(choice);
  const [isPart, setPart] = useState(choice.paths.length > 0 && volume === undefined);
  const [isPicking, setPicking] = useState(!isPart);
  const several = snapshot.members.length > 1;
  const choose = (part: boolean, paths: readonly string[]): void => {
    setPart(part);
    onChoose(paths);
  };
  return (
    <fieldset className="jp-RokRestore-field">
      <legend>{trans.__('What')}</legend>
      <Radio
        name="scope"
        label={trans.__('Everything in the snapshot')}
        checked={!isPart && choice.paths.length === 0}
        onCheck={() => choose(false, [])}
      />
      {several &&
        snapshot.members.map(member => (
          <Radio
            key={member.volume}
            name="scope"
            label={trans.__('Only the volume %1', member.volume)}
            checked={!isPart && volume === member.volume}
            onCheck={() => choose(false, [`${member.volume}:`])}
          />
        ))}
      <Radio
        name="scope"
        label={trans.__('Chosen files and folders')}
        checked={isPart}
        onCheck={() => setPart(true)}
      />
      {isPart && (
        <div className="jp-RokRestore-part">
          <Chosen paths={choice.paths} several={several} trans={trans} onChoose={onChoose} />
          {isPicking ? (
            <EntryPicker
              snapshot={snapshot}
              api={api}
              trans={trans}
              onAdd={path => onChoose(withPath(choice.paths, path))}
            />
          ) : (
            <Button label={trans.__('Add files and folders…')} onClick={() => setPicking(true)} />
          )}
        </div>
      )}
    </fieldset>
  );
}

/** The chosen paths, each with a button that takes it out. */
function Chosen(props: {
  paths: readonly string[];
  several: boolean;
  trans: TranslationBundle;
  onChoose: (paths: readonly string[]) => void;
}): JSX.Element {
  const { paths, several, trans, onChoose } = props;
  if (paths.length === 0) {
    return <p className="jp-RokRestore-hint">{trans.__('Add files and folders from the snapshot:')}</p>;
  }
  return (
    <ul className="jp-RokRestore-chosen" aria-label={trans.__('Chosen')}>
      {paths.map(path => {
        const text = decodeName(several ? path : path.slice(path.indexOf(':') + 1));
        return (
          <li key={path}>
            <span className="jp-RokRestore-path">{text}</span>
            <Button
              label={trans.__('Leave out')}
              caption={trans.__('Leave %1 out', text)}
              onClick={() => onChoose(paths.filter(each => each !== path))}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** A radio button with its label. */
export function Radio(props: {
  name: string;
  label: string;
  checked: boolean;
  onCheck: () => void;
}): JSX.Element {
  return (
    <label className="jp-RokRestore-radio">
      <input type="radio" name={`jp-rok-${props.name}`} checked={props.checked} onChange={props.onCheck} />
      {props.label}
    </label>
  );
}
