/**
 * The Snapshots section: what is shown when, and what of it is selected.
 */
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';

import type { Snapshot } from '../rest/values';
import { CommandIDs } from '../tokens';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import type { ISnapshotsContext } from './context';
import { openContextMenu } from './contextMenu';
import { Details } from './details';
import { FilterBar, isFiltered } from './filterBar';
import type { IFirstChoice } from './firstMinute';
import { Notices } from './notices';
import { RunningSnapshots } from './runningSnapshots';
import { type ISelection, NOTHING, without } from './selection';
import { Timeline } from './timelineView';

/** Most users have had their first minute: what it shows is loaded for those who haven't. */
const FirstMinute = lazy(async () => ({ default: (await import('./firstMinute')).FirstMinute }));

/** The whole section. */
export function SnapshotsView(props: { context: ISnapshotsContext }): JSX.Element {
  const { context } = props;
  return (
    <div className="jp-RokSnapshots-content">
      <Notices context={context} />
      <RunningSnapshots context={context} />
      <Content context={context} />
    </div>
  );
}

/** An error, the first minute or the time line: whatever the state of things is. */
function Content(props: { context: ISnapshotsContext }): JSX.Element {
  const { context } = props;
  const { model, trans } = context;
  const list = model.snapshots;
  useSignals(model.status.changed, list.changed);
  // Here and not in the first minute, which goes while the server can't be reached.
  const [choice, setChoice] = useState<IFirstChoice>({ excluded: new Set(), disks: [] });
  const status = model.status.value;
  const error = model.status.error ?? list.error;
  const retry = (): void => void model.refresh();
  const tags = useCallback(() => model.api.tags(), [model]);
  const isEmpty = list.loaded && list.items.length === 0;
  const isUnused = isEmpty && !isFiltered(list.filter) && !error;
  const wait = <p className="jp-RokSnapshots-wait">{trans.__('Looking for snapshots …')}</p>;
  if (status && !model.status.error && (!status.repository.exists || isUnused)) {
    return (
      <Suspense fallback={wait}>
        <FirstMinute context={context} status={status} choice={choice} onChoice={setChoice} />
      </Suspense>
    );
  }
  const isNew = !list.loaded && !isFiltered(list.filter) && list.items.length === 0;
  if (isNew && !error) {
    return wait;
  }
  return (
    <>
      {error && <ErrorNotice error={error} trans={trans} onRetry={retry} />}
      <FilterBar
        list={list}
        tags={tags}
        volumes={status?.volumes.map(volume => volume.name) ?? []}
        trans={trans}
      />
      {isEmpty && !error ? (
        <EmptyNotice title={trans.__('No snapshot matches.')}>
          <button type="button" className="jp-RokButton" onClick={() => void list.setFilter({})}>
            {trans.__('Show all snapshots')}
          </button>
        </EmptyNotice>
      ) : (
        <MasterDetail context={context} />
      )}
    </>
  );
}

/** The time line, with the details of what is selected below it. */
function MasterDetail(props: { context: ISnapshotsContext }): JSX.Element {
  const { context } = props;
  const { model, commands, trans } = context;
  const { items } = model.snapshots;
  const listRef = useRef<HTMLDivElement>(null);
  const [selection, setSelection] = useSelection(items);
  const [isOpen, setOpen] = useState(false);
  const chosen = items.filter(item => selection.ids.has(item.id));
  const onKey = (key: string): void => {
    if (key === 'Escape') {
      setOpen(false);
      setSelection({ ...selection, ids: new Set() });
    } else if (key === 'F2' && selection.active) {
      void commands.execute(CommandIDs.editSnapshot, { snapshot: selection.active });
    } else if (key === 'Delete' && chosen.length > 0) {
      void commands.execute(CommandIDs.deleteSnapshots, { snapshots: chosen.map(each => each.id) });
    }
  };
  return (
    <>
      <Timeline
        list={model.snapshots}
        items={items}
        selection={selection}
        onSelect={setSelection}
        onOpen={() => setOpen(true)}
        onKey={onKey}
        onMenu={(snapshot, place) => {
          const several = selection.ids.has(snapshot.id) && chosen.length > 1;
          openContextMenu(context, several ? chosen : [snapshot], place);
        }}
        listRef={listRef}
        trans={trans}
      />
      {(isOpen || chosen.length > 1) && (
        <Details
          snapshots={chosen}
          status={model.status.value}
          commands={commands}
          trans={trans}
          onClose={() => {
            setOpen(false);
            setSelection({ ...selection, ids: new Set() });
            listRef.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** What is selected; snapshots that are gone leave it. */
function useSelection(items: readonly Snapshot[]): [ISelection, (selection: ISelection) => void] {
  const [selection, setSelection] = useState(NOTHING);
  useEffect(() => {
    if (selection.active !== undefined || selection.ids.size > 0) {
      const there = new Set(items.map(item => item.id));
      setSelection(old => without(old, id => !there.has(id)));
    }
    // A choice is always of what is there: only what comes and goes matters.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [items]);
  return [selection, setSelection];
}
