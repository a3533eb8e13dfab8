/**
 * The repository: where snapshots are, how much they take, what protects them, and where the key is.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { decodeName } from '../rest/names';
import type { RepositoryInfo } from '../rest/values';
import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';
import { WarningNotice } from '../ui/notice';

export interface IRepositoryCardProps {
  readonly repository: RepositoryInfo;
  readonly trans: TranslationBundle;
  /** Make the repository; undefined where nothing here can. */
  readonly onCreate?: () => void;
}

/** The repository as a card of the section Volumes. */
export function RepositoryCard(props: IRepositoryCardProps): JSX.Element {
  const { repository, trans, onCreate } = props;
  return (
    <section className="jp-RokRepository" aria-label={trans.__('Repository')}>
      <h3>{trans.__('Repository')}</h3>
      <dl>
        <Fact name={trans.__('Location')} value={decodeName(repository.location)} isPath />
        {repository.password_file && (
          <Fact name={trans.__('Key file')} value={decodeName(repository.password_file)} isPath />
        )}
        {repository.snapshots !== null && (
          <Fact name={trans.__('Snapshots')} value={repository.snapshots.toLocaleString()} />
        )}
        {repository.size !== null && <Fact name={trans.__('Size')} value={formatBytes(repository.size)} />}
      </dl>
      {!repository.exists && (
        <div className="jp-RokRepository-missing">
          <p>{trans.__('It does not exist yet: the first snapshot makes it, and its key.')}</p>
          {onCreate && <Button label={trans.__('Make it now')} onClick={onCreate} />}
        </div>
      )}
      {repository.exists && repository.password_file && (
        <p className="jp-RokRepository-note">
          {trans.__('Keep a copy of the key file somewhere else: without it nobody can read the snapshots.')}
        </p>
      )}
      <Protection {...props} />
    </section>
  );
}

function Protection({ repository, trans }: IRepositoryCardProps): JSX.Element {
  const isSaid = repository.warnings.some(warning => warning.includes('disk'));
  return (
    <>
      {repository.protects_against_disk_loss ? (
        <p className="jp-RokRepository-note">{trans.__('It is on another disk than the volumes.')}</p>
      ) : (
        !isSaid && (
          <WarningNotice>
            {trans.__('It is on the same disk as the volumes: it does not protect against losing this disk.')}
          </WarningNotice>
        )
      )}
      {repository.warnings.map(warning => (
        <WarningNotice key={warning}>{warning}</WarningNotice>
      ))}
    </>
  );
}

function Fact(props: { name: string; value: string; isPath?: boolean }): JSX.Element {
  return (
    <>
      <dt>{props.name}</dt>
      <dd className={props.isPath ? 'jp-mod-path' : undefined}>{props.value}</dd>
    </>
  );
}
