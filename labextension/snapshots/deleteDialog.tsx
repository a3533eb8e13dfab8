/**
 * The dialog before a delete: exact counts, and why some stay.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Snapshot } from '../rest/values';
import { formatDateTime } from '../ui/format';
import { pinIcon } from './icons';
import { snapshotTitle } from './words';

/** How many snapshots are named. */
const SHOWN = 8;

/** Ask whether to delete; returns those that the user agreed to, which are none where all are pinned. */
export async function askBeforeDelete(
  snapshots: readonly Snapshot[],
  trans: TranslationBundle
): Promise<readonly Snapshot[]> {
  const pinned = snapshots.filter(snapshot => snapshot.pinned);
  const free = snapshots.filter(snapshot => !snapshot.pinned);
  const result = await showDialog({
    title:
      free.length > 0
        ? trans._n('Delete %1 snapshot?', 'Delete %1 snapshots?', free.length)
        : trans.__('Pinned snapshots stay'),
    body: (
      <div className="jp-RokForm">
        {free.length > 0 && <p>{trans.__('You can undo this until the repository is next cleaned up.')}</p>}
        <Names snapshots={free} trans={trans} />
        {pinned.length > 0 && (
          <p>
            <pinIcon.react tag="span" width="12px" height="12px" />{' '}
            {trans._n(
              '%1 snapshot stays, because it is pinned. Unpin it first to delete it:',
              '%1 snapshots stay, because they are pinned. Unpin them first to delete them:',
              pinned.length
            )}
          </p>
        )}
        <Names snapshots={pinned} trans={trans} />
      </div>
    ),
    buttons:
      free.length > 0
        ? [
            Dialog.cancelButton(),
            Dialog.warnButton({ label: trans._n('Delete %1', 'Delete %1', free.length) })
          ]
        : [Dialog.okButton()]
  });
  return result.button.accept ? free : [];
}

function Names(props: { snapshots: readonly Snapshot[]; trans: TranslationBundle }): JSX.Element {
  const { snapshots, trans } = props;
  const rest = snapshots.length - SHOWN;
  return (
    <ul className="jp-RokForm-names">
      {snapshots.slice(0, SHOWN).map(snapshot => (
        <li key={snapshot.id}>
          {trans.__('%1, %2', snapshotTitle(snapshot, trans), formatDateTime(snapshot.created))}
        </li>
      ))}
      {rest > 0 && <li>{trans._n('… and %1 more', '… and %1 more', rest)}</li>}
    </ul>
  );
}
