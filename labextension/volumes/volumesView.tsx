/**
 * The section Volumes: what is saved, what isn't, and where to.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect } from 'react';

import { decodeName } from '../rest/names';
import type { Mount, Status } from '../rest/values';
import type { IRokModel } from '../tokens';
import { Button } from '../ui/button';
import { EmptyNotice, ErrorNotice, WarningNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import type { LastSnapshots } from './lastSnapshots';
import { RepositoryCard } from './repositoryCard';
import { ScheduleCard } from './scheduleCard';
import { type IVolumeActions, VolumeCard } from './volumeCard';

export interface IVolumesProps extends IVolumeActions {
  readonly model: IRokModel;
  readonly last: LastSnapshots;
  readonly trans: TranslationBundle;
  readonly onEditPolicy: () => void;
  readonly onTakeIn: (mount: Mount) => void;
  readonly onCreate?: () => void;
}

export function VolumesView(props: IVolumesProps): JSX.Element {
  const { model, last, trans } = props;
  useSignals(model.status.changed, last.changed);
  const { value: status, error } = model.status;
  useEffect(() => {
    if (status) {
      void last.follow(status);
    }
  }, [status, last]);
  return (
    <div className="jp-RokVolumes">
      {error && <ErrorNotice error={error} trans={trans} onRetry={() => void model.refresh()} />}
      {status && <VolumeCards {...props} status={status} />}
      {!status && !error && <EmptyNotice title={trans.__('Asking the server…')} />}
    </div>
  );
}

function VolumeCards(props: IVolumesProps & { status: Status }): JSX.Element {
  const { status, trans, last, model: _model, onCreate, onEditPolicy, onTakeIn, ...actions } = props;
  return (
    <>
      {status.warnings
        .filter(warning => !isToldElsewhere(warning, status))
        .map(warning => (
          <WarningNotice key={warning}>{warning}</WarningNotice>
        ))}
      <ul className="jp-RokVolumes-list" aria-label={trans.__('Volumes')}>
        {status.volumes.map(volume => (
          <li key={volume.name}>
            <VolumeCard {...actions} volume={volume} last={last.of(volume.name)} trans={trans} />
          </li>
        ))}
      </ul>
      <Disks mounts={status.mounts} trans={trans} onTakeIn={onTakeIn} />
      <ScheduleCard status={status} trans={trans} onEdit={onEditPolicy} />
      <RepositoryCard repository={status.repository} trans={trans} onCreate={onCreate} />
    </>
  );
}

/** Whether the repository's card, or the panel's banner of restores, says it. */
function isToldElsewhere(warning: string, { repository, interrupted_restores: restores }: Status): boolean {
  return (
    repository.warnings.includes(warning) || restores.some(each => warning.includes(each.finish_command))
  );
}

function Disks(props: {
  mounts: readonly Mount[];
  trans: TranslationBundle;
  onTakeIn: (mount: Mount) => void;
}): JSX.Element | null {
  const { mounts, trans, onTakeIn } = props;
  if (mounts.length === 0) {
    return null;
  }
  return (
    <WarningNotice>
      <p>{trans.__('Other disks in the workspace that no snapshot holds:')}</p>
      <ul className="jp-RokVolumes-mounts">
        {mounts.map(mount => (
          <li key={mount.path}>
            <span className="jp-mod-path">{decodeName(mount.path)}</span> ({mount.file_system}){' '}
            <Button
              label={trans.__('Take in')}
              caption={trans.__(
                'Make %1 a data volume, which snapshots hold from now on',
                decodeName(mount.path)
              )}
              onClick={() => onTakeIn(mount)}
            />
          </li>
        ))}
      </ul>
    </WarningNotice>
  );
}
