/**
 * Other disks in the workspace, each of which may be taken into the snapshots.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { placeIn } from '../model/otherDisks';
import { decodeName } from '../rest/names';
import type { Status } from '../rest/values';

/** Draws nothing where there are none. `chosen` are paths of mounts. */
export function DiskChoice(props: {
  status: Pick<Status, 'mounts' | 'workspace'>;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { status, chosen, onChange, trans } = props;
  if (status.mounts.length === 0) {
    return null;
  }
  const toggle = (path: string): void =>
    onChange(chosen.includes(path) ? chosen.filter(each => each !== path) : [...chosen, path]);
  return (
    <fieldset className="jp-RokForm-volumes">
      <legend>{trans.__('Other disks in the workspace, in no snapshot so far. Take in:')}</legend>
      {status.mounts.map(mount => (
        <label key={mount.path} className="jp-RokForm-choice" title={decodeName(mount.path)}>
          <input type="checkbox" checked={chosen.includes(mount.path)} onChange={() => toggle(mount.path)} />
          <span>
            {decodeName(placeIn(mount.path, status.workspace))}
            <small>{trans.__('%1, %2', mount.file_system, decodeName(mount.device))}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
