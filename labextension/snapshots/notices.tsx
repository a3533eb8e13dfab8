/**
 * What the section tells above its list: a failure, problems of a snapshot, a delete that can be undone.
 */
import { closeIcon, undoIcon } from '@jupyterlab/ui-components';

import { CommandIDs } from '../tokens';
import { Button } from '../ui/button';
import { ErrorNotice, WarningNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import type { ISnapshotsContext } from './context';
import { Problems } from './problems';

export function Notices(props: { context: ISnapshotsContext }): JSX.Element {
  const { board, trans } = props.context;
  useSignals(board.changed);
  const { failure, flawed } = board;
  return (
    <>
      <div className="jp-RokSpoken" role="status" aria-live="polite">
        {board.announcement}
      </div>
      {failure && (
        <div className="jp-RokNotices-item">
          <Button
            kind="icon"
            icon={closeIcon}
            label={trans.__('Dismiss')}
            onClick={() => (board.failure = undefined)}
          />
          <ErrorNotice error={failure.error} trans={trans} onRetry={failure.retry} />
        </div>
      )}
      {flawed && (
        <div className="jp-RokNotices-item">
          <Button
            kind="icon"
            icon={closeIcon}
            label={trans.__('Dismiss')}
            onClick={() => (board.flawed = undefined)}
          />
          <WarningNotice>
            <p>{trans.__('The snapshot was taken, but not everything went well.')}</p>
            <Problems snapshot={flawed} trans={trans} />
          </WarningNotice>
        </div>
      )}
      <Undo context={props.context} />
    </>
  );
}

function Undo(props: { context: ISnapshotsContext }): JSX.Element | null {
  const { model, board, commands, trans } = props.context;
  useSignals(model.snapshots.changed);
  const count = board.deleted.length;
  const isUndone = model.snapshots.items.some(item => board.deleted.includes(item.id));
  if (count === 0 || isUndone) {
    return null;
  }
  const undo = (): void => void commands.execute(CommandIDs.undo, {});
  return (
    <div className="jp-RokUndo" role="status">
      <span>{trans._n('%1 snapshot deleted.', '%1 snapshots deleted.', count)}</span>
      <Button
        label={trans.__('Undo')}
        icon={undoIcon}
        reason={commands.hasCommand(CommandIDs.undo) ? '' : trans.__('This application does not offer it.')}
        onClick={undo}
      />
      <Button kind="icon" icon={closeIcon} label={trans.__('Dismiss')} onClick={() => (board.deleted = [])} />
    </div>
  );
}
