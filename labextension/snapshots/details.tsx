/**
 * The details of what is selected, with what can be done with it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReactNode } from 'react';

import type { Snapshot, Status } from '../rest/values';
import { Button } from '../ui/button';
import { formatBytes, formatDateTime, formatDuration, shortId } from '../ui/format';
import { type IAction, selectionActions, snapshotActions } from './actions';
import { Problems } from './problems';
import { Chips } from './row';
import { figures, originSentence, snapshotTitle } from './words';

export interface IDetailsProps {
  readonly snapshots: readonly Snapshot[];
  readonly status: Status | undefined;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
  readonly onClose: () => void;
}

/** Details of one snapshot, or what can be done with several. */
export function Details(props: IDetailsProps): JSX.Element | null {
  const { snapshots, status, commands, trans, onClose } = props;
  const [first] = snapshots;
  if (first === undefined) {
    return null;
  }
  const isOne = snapshots.length === 1;
  const title = isOne
    ? snapshotTitle(first, trans)
    : trans._n('%1 snapshot selected', '%1 snapshots selected', snapshots.length);
  const actions = isOne
    ? snapshotActions(first, status, commands, trans)
    : selectionActions(snapshots, commands, trans);
  return (
    <section className="jp-RokDetails" aria-label={trans.__('Details: %1', title)}>
      <div className="jp-RokDetails-head">
        <h3 className="jp-RokDetails-title">{title}</h3>
        <Button kind="icon" icon={closeIcon} label={trans.__('Close details')} onClick={onClose} />
      </div>
      <Actions actions={actions} commands={commands} trans={trans} />
      {isOne && <Facts snapshot={first} trans={trans} />}
    </section>
  );
}

function Actions(props: {
  actions: readonly IAction[];
  commands: CommandRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { actions, commands, trans } = props;
  const button = (action: IAction): JSX.Element => (
    <Button
      key={action.id}
      kind={action.isMain ? 'plain' : 'icon'}
      icon={action.isMain ? undefined : action.icon}
      label={action.label}
      caption={action.label}
      reason={action.reason}
      onClick={() => void commands.execute(action.command, action.args)}
    >
      {action.short}
    </Button>
  );
  return (
    <div className="jp-RokDetails-actions" role="group" aria-label={trans.__('Actions')}>
      <div className="jp-RokDetails-main">{actions.filter(action => action.isMain).map(button)}</div>
      <div className="jp-RokDetails-icons">{actions.filter(action => !action.isMain).map(button)}</div>
    </div>
  );
}

function Facts(props: { snapshot: Snapshot; trans: TranslationBundle }): JSX.Element {
  const { snapshot, trans } = props;
  const seconds = snapshot.statistics?.seconds ?? 0;
  const added = figures(snapshot, trans).join(', ');
  const facts: readonly (readonly [string, ReactNode])[] = [
    [trans.__('Taken'), formatDateTime(snapshot.created)],
    [trans.__('Why'), originSentence(snapshot.origin, trans)],
    [trans.__('By'), `${snapshot.user}@${snapshot.host}`],
    [
      trans.__('Changes'),
      seconds >= 1 ? trans.__('%1, in %2', added, formatDuration(seconds, trans)) : added
    ],
    [trans.__('Volumes'), <Members key="members" snapshot={snapshot} trans={trans} />],
    [trans.__('Cut'), consistencyWords(snapshot, trans)],
    [trans.__('Id'), <code key="id">{shortId(snapshot.id)}</code>]
  ];
  return (
    <>
      {snapshot.tags.length > 0 && <Chips snapshot={{ ...snapshot, ...NO_WARNINGS }} trans={trans} />}
      <Problems snapshot={snapshot} trans={trans} />
      <dl className="jp-RokDetails-facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </>
  );
}

const NO_WARNINGS = { errors: [], changed_while_read: [], unsaved_documents: 0 };

function Members(props: { snapshot: Snapshot; trans: TranslationBundle }): JSX.Element {
  const { snapshot, trans } = props;
  return (
    <>
      {snapshot.members.map(member => (
        <div key={member.volume} title={member.path}>
          {member.volume}
          {member.files !== null && `, ${trans._n('%1 file', '%1 files', member.files)}`}
          {member.size !== null && `, ${formatBytes(member.size)}`}
        </div>
      ))}
    </>
  );
}

function consistencyWords(snapshot: Snapshot, trans: TranslationBundle): string {
  switch (snapshot.consistency) {
    case 'atomic':
      return trans.__('At one moment, by the storage itself.');
    case 'quiesced':
      return trans.__('While nothing was writing.');
    case 'fuzzy':
      return trans.__('File by file, while they may be in use.');
  }
}
