/**
 * The section of the panel that lists the versions of one file, while a user looks at them.
 */
import { closeIcon, type PanelWithToolbar, Toolbar, ToolbarButton } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { SnapshotList } from '../model/snapshotList';
import { baseName, formatVolumePath, type IVolumePath } from '../rest/names';
import type { IRokModel, IRokPanel } from '../tokens';
import { makeSection, WatchingView } from '../ui/section';
import { HistoryView } from './historyView';
import { VersionSizes } from './versionSizes';

/** What the section works with. */
export interface IHistoryContext {
  readonly model: IRokModel;
  readonly panel: IRokPanel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

const ID = 'rok-file-history';
/** Between a snapshot's files and the volumes. */
const RANK = 16;

/** The versions of one file after another; its section is in the panel until it is closed. */
export class HistorySection {
  constructor(private readonly _context: IHistoryContext) {}

  /** Show the versions of a file or folder. */
  async show(at: IVolumePath): Promise<void> {
    const { model, panel, trans } = this._context;
    this.dispose();
    const versions = new SnapshotList(model.api, { path: formatVolumePath(at) });
    const section = this._make(at, versions);
    section.title.label = trans.__('History: %1', baseName(at.path) || at.volume);
    section.title.caption = formatVolumePath(at);
    const follow = (): void => void versions.refresh();
    model.events.snapshotsChanged.connect(follow);
    section.disposed.connect(() => {
      model.events.snapshotsChanged.disconnect(follow);
      versions.dispose();
    });
    this._section = section;
    panel.addSection({ id: ID, rank: RANK, content: section });
    panel.open(ID);
    await versions.refresh();
  }

  dispose(): void {
    this._section?.dispose();
    this._section = undefined;
  }

  private _make(at: IVolumePath, versions: SnapshotList): PanelWithToolbar {
    const { model, commands, trans } = this._context;
    const sizes = new VersionSizes(model.api, at);
    const view = new WatchingView(model, () => (
      <HistoryView at={at} versions={versions} sizes={sizes} commands={commands} trans={trans} />
    ));
    const section = makeSection({ id: ID, title: '', view });
    section.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    section.toolbar.addItem(
      'close',
      new ToolbarButton({
        icon: closeIcon,
        tooltip: trans.__('Close the history'),
        onClick: () => this.dispose()
      })
    );
    return section;
  }

  private _section: PanelWithToolbar | undefined;
}
