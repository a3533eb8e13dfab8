/**
 * The first minute: make the repository, know where it and its key are, take the first snapshot knowing its size.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import type { RepositoryInfo, Status } from '../rest/values';
import { CommandIDs } from '../tokens';
import { Button } from '../ui/button';
import { rokIcon } from '../ui/icons';
import { useSignals } from '../ui/useSignal';
import type { ISnapshotsContext } from './context';
import { cameraIcon } from './icons';
import { DiskChoice } from './diskChoice';
import { FirstSizes, useEstimates } from './firstSizes';
import { run } from './take';

/** The command that prints the key; it is what the documentation says, too. */
const EXPORT = 'rok repo key export';

/** What the user has chosen for the first snapshot. */
export interface IFirstChoice {
  /** What is left out (keys of `firstSizes`). */
  readonly excluded: ReadonlySet<string>;
  /** Other disks that are taken in. */
  readonly disks: readonly string[];
}

interface IFirstMinuteProps {
  readonly context: ISnapshotsContext;
  readonly status: Status;
  readonly choice: IFirstChoice;
  readonly onChoice: (choice: IFirstChoice) => void;
}

/** What is shown until there is a first snapshot. */
export function FirstMinute(props: IFirstMinuteProps): JSX.Element {
  return props.status.repository.exists ? <NoSnapshot {...props} /> : <NoRepository {...props} />;
}

/** What is shown without a repository: one button that makes it, or what to do where it is gone. */
function NoRepository(props: IFirstMinuteProps): JSX.Element {
  const { board, commands, trans } = props.context;
  useSignals(board.changed);
  const { repository } = props.status;
  const title = repository.gone
    ? trans.__('The repository is gone')
    : trans.__('Go back in time whenever you want');
  const about = repository.gone
    ? trans.__(
        'It was there before. Bring its directory or its disk back, and your snapshots are back; or begin anew, without them.'
      )
    : trans.__(
        'Snapshots keep every state of your notebooks and data that you may want back. They are stored, encrypted, in a repository:'
      );
  return (
    <div className="jp-RokFirst">
      <rokIcon.react tag="div" className="jp-RokFirst-icon" width="40px" height="40px" />
      <h3>{title}</h3>
      <p>{about}</p>
      <Place
        label={repository.gone ? trans.__('Where it was') : trans.__('Where it will be')}
        path={repository.location}
      />
      <DiskWarning repository={repository} trans={trans} />
      <Button
        kind="accept"
        label={repository.gone ? trans.__('Begin anew') : trans.__('Make the repository')}
        reason={board.pending}
        onClick={() => void commands.execute(CommandIDs.createRepository, {})}
      />
      <p className="jp-RokFirst-small">{trans.__('Nothing is stored before you press it.')}</p>
    </div>
  );
}

/** What is shown before the first snapshot: where things are, how to keep the key, how large it gets. */
function NoSnapshot(props: IFirstMinuteProps): JSX.Element {
  const { context, status, choice, onChoice } = props;
  const { excluded, disks } = choice;
  const { model, board, trans } = context;
  useSignals(board.changed, model.tasks.changed);
  const { repository } = status;
  const estimates = useEstimates(context, status);
  const busy = board.pending || (model.tasks.running.length > 0 ? trans.__('A task is running.') : '');
  const take = async (): Promise<void> => {
    if (await estimates.exclude(excluded)) {
      await run(context, { message: trans.__('First snapshot'), volumes: [], disks });
    }
  };
  return (
    <div className="jp-RokFirst">
      <h3>{trans.__('The repository is ready')}</h3>
      <Place label={trans.__('Repository')} path={repository.location} />
      {repository.password_file && (
        <>
          <Place label={trans.__('Its key')} path={repository.password_file} />
          <KeyAdvice trans={trans} />
        </>
      )}
      <DiskWarning repository={repository} trans={trans} />
      <h3>{trans.__('The first snapshot')}</h3>
      <FirstSizes
        estimates={estimates}
        excluded={excluded}
        onExclude={keys => onChoice({ ...choice, excluded: keys })}
        trans={trans}
      />
      <DiskChoice
        status={status}
        chosen={disks}
        onChange={paths => onChoice({ ...choice, disks: paths })}
        trans={trans}
      />
      <Button
        kind="accept"
        icon={cameraIcon}
        label={trans.__('Take the first snapshot')}
        reason={busy || estimates.reason}
        onClick={() => void take()}
      />
    </div>
  );
}

function Place(props: { label: string; path: string }): JSX.Element {
  return (
    <div className="jp-RokFirst-place">
      <span>{props.label}</span>
      <code>{props.path}</code>
    </div>
  );
}

function KeyAdvice(props: { trans: TranslationBundle }): JSX.Element {
  const { trans } = props;
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(EXPORT);
    setCopied(true);
  };
  return (
    <div className="jp-RokFirst-key">
      <p>
        <strong>{trans.__('Keep a copy of the key somewhere else.')}</strong>{' '}
        {trans.__('Without it nobody can restore anything. In a terminal, this prints it:')}
      </p>
      <div className="jp-RokFirst-command">
        <code>{EXPORT}</code>
        <Button
          label={isCopied ? trans.__('Copied') : trans.__('Copy')}
          caption={trans.__('Copy the command')}
          onClick={() => void copy()}
        />
      </div>
    </div>
  );
}

function DiskWarning(props: { repository: RepositoryInfo; trans: TranslationBundle }): JSX.Element {
  const { repository, trans } = props;
  const told =
    repository.warnings.length > 0
      ? repository.warnings
      : repository.protects_against_disk_loss
        ? []
        : [trans.__('It is on the same disk as your files: it does not protect against losing that disk.')];
  return (
    <>
      {told.map(words => (
        <p key={words} className="jp-RokFirst-small">
          {words}
        </p>
      ))}
    </>
  );
}
