/**
 * One volume: what it is, how full, when it was last saved, and what can be done with it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { decodeName } from '../rest/names';
import type { Capability, Snapshot, Volume } from '../rest/values';
import { Button } from '../ui/button';
import { formatAge, formatBytes, formatDateTime } from '../ui/format';

/** What is done with a volume from its card. */
export interface IVolumeActions {
  readonly onSnapshot: (volume: Volume) => void;
  readonly onClone: (volume: Volume, snapshot: Snapshot) => void;
  readonly onAttach: (volume: Volume) => void;
  readonly onDetach: (volume: Volume) => void;
}

export interface IVolumeCardProps extends IVolumeActions {
  readonly volume: Volume;
  /** Its newest snapshot: null where there is none, undefined where that isn't known yet. */
  readonly last: Snapshot | null | undefined;
  readonly trans: TranslationBundle;
}

/** The reason of something that can't be done, as a sentence; "" where it can. */
export function refusal(capability: Capability, trans: TranslationBundle): string {
  if (capability.available) {
    return '';
  }
  const reason = capability.reason || trans.__('the provider of this volume does not offer it');
  return trans.__('Not possible: %1.', reason.replace(/\.$/, ''));
}

/** A volume as a card of the section Volumes. */
export function VolumeCard(props: IVolumeCardProps): JSX.Element {
  const { volume, trans } = props;
  return (
    <article className="jp-RokVolume" aria-label={trans.__('Volume %1', volume.name)}>
      <div className="jp-RokVolume-head">
        <span className="jp-RokVolume-name">{volume.name}</span>
        <span className="jp-RokVolume-role">
          {volume.role === 'workspace' ? trans.__('workspace') : trans.__('data')}
        </span>
        {volume.read_only && <span className="jp-RokVolume-role">{trans.__('read-only')}</span>}
      </div>
      <div className="jp-RokVolume-path">
        {volume.path ? decodeName(volume.path) : trans.__('not mounted here')}
      </div>
      {volume.attached_at && (
        <div className="jp-RokVolume-fact">
          {trans.__('Attached in the workspace at %1', decodeName(volume.attached_at))}
        </div>
      )}
      <UsedBar volume={volume} trans={trans} />
      <LastSnapshot last={props.last} trans={trans} />
      <VolumeButtons {...props} />
    </article>
  );
}

function UsedBar(props: { volume: Volume; trans: TranslationBundle }): JSX.Element | null {
  const { volume, trans } = props;
  if (volume.size === null || volume.used === null || volume.size === 0) {
    return null;
  }
  const percent = Math.min(100, Math.round((volume.used / volume.size) * 100));
  const words = trans.__('Disk: %1 of %2 used', formatBytes(volume.used), formatBytes(volume.size));
  const free = volume.available === null ? '' : trans.__('%1 free', formatBytes(volume.available));
  return (
    <div className="jp-RokVolume-used">
      <div
        className={`jp-RokVolume-track${percent >= 90 ? ' jp-mod-full' : ''}`}
        role="meter"
        aria-label={trans.__('Used space of the disk of %1', volume.name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words}
      >
        <div className="jp-RokVolume-fill" style={{ width: `${percent}%` }} />
      </div>
      <div className="jp-RokVolume-fact">{[words, free].filter(part => part).join(', ')}</div>
    </div>
  );
}

function LastSnapshot(props: {
  last: Snapshot | null | undefined;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { last, trans } = props;
  if (last === undefined) {
    return null;
  }
  return (
    <div className="jp-RokVolume-fact">
      {last === null ? (
        trans.__('No snapshot yet')
      ) : (
        <time dateTime={last.created} title={formatDateTime(last.created)}>
          {trans.__('Last snapshot: %1', formatAge(last.created, Date.now(), trans))}
        </time>
      )}
    </div>
  );
}

function VolumeButtons(props: IVolumeCardProps): JSX.Element {
  const { volume, last, trans } = props;
  const can = volume.capabilities;
  const noSnapshot = last ? '' : trans.__('Take a snapshot first: a clone is made from one.');
  return (
    <div className="jp-RokVolume-buttons">
      <Button
        label={trans.__('Snapshot')}
        caption={trans.__('Take a snapshot of %1', volume.name)}
        reason={refusal(can.snapshot, trans)}
        onClick={() => props.onSnapshot(volume)}
      />
      <Button
        label={trans.__('Clone…')}
        caption={trans.__('Make a new volume from the last snapshot of %1', volume.name)}
        reason={refusal(can.clone, trans) || noSnapshot}
        onClick={() => last && props.onClone(volume, last)}
      />
      {volume.attached_at === null ? (
        <Button
          label={trans.__('Attach…')}
          caption={trans.__('Show %1 at a path of the workspace', volume.name)}
          reason={refusal(can.attach, trans)}
          onClick={() => props.onAttach(volume)}
        />
      ) : (
        <Button
          label={trans.__('Detach')}
          caption={trans.__('Remove %1 from the workspace; its data stays', volume.name)}
          reason={refusal(can.detach, trans)}
          onClick={() => props.onDetach(volume)}
        />
      )}
    </div>
  );
}
