/**
 * The tab of a comparison: the list of changes, and what differs inside of the chosen one.
 *
 * Loaded when something is compared first.
 */
import { MainAreaWidget, ReactWidget } from '@jupyterlab/apputils';
import { Debouncer } from '@lumino/polling';
import { SplitPanel, type Widget } from '@lumino/widgets';

import type { TaskList } from '../model/taskList';
import { baseName, parseVolumePath } from '../rest/names';
import type { EntryDifference, Snapshot, Task } from '../rest/values';
import { Comparison, type Later } from './comparison';
import { CompareView } from './compareView';
import { DetailPanel, type IDetailTools } from './detail';
import type { UnsavedDocuments } from './unsaved';
import { diffIcon } from '../ui/icons';
import { nameBriefly, nameState } from './words';

/** Below this width the detail stands below the list, in pixels. */
const NARROW = 640;
/** How long a chosen change must stay chosen before its contents are fetched, in milliseconds. */
const PAUSE = 120;

/** What a tab compares. */
export interface ICompared {
  readonly before: Snapshot;
  readonly after: Later;
  readonly path?: string;
}

/** The list and the detail, side by side where there is room. */
class CompareSplit extends SplitPanel {
  protected override onResize(msg: Widget.ResizeMessage): void {
    const width = msg.width >= 0 ? msg.width : this.node.clientWidth;
    const orientation = width < NARROW ? 'vertical' : 'horizontal';
    if (width > 0 && orientation !== this.orientation) {
      this.orientation = orientation;
      this.setRelativeSizes(orientation === 'vertical' ? [2, 3] : [1, 2]);
    }
    super.onResize(msg);
  }
}

/** What a tab needs besides what its details are drawn with. */
export interface ICompareTools extends IDetailTools {
  readonly tasks: TaskList;
  readonly unsaved?: UnsavedDocuments;
}

/** Verbs of tasks after which now is another one. */
const CHANGING: readonly string[] = ['restore', 'undo', 'copy-back'];

/** Make the tab of a comparison; what it shows is on its way. */
export function makeCompareTab(compared: ICompared, tools: ICompareTools): MainAreaWidget<SplitPanel> {
  const { before, after, path } = compared;
  const { trans, commands } = tools;
  const comparison = new Comparison(tools.api, before, after, path ? [path] : []);
  const detail = new DetailPanel(comparison, tools);
  const showing = new Debouncer((item: EntryDifference) => detail.show_(item), PAUSE);
  const show = (item: EntryDifference): void => {
    detail.announce(item);
    void showing.invoke(item);
  };
  const view = ReactWidget.create(
    <CompareView
      comparison={comparison}
      commands={commands}
      trans={trans}
      unsaved={tools.unsaved}
      onShow={show}
    />
  );
  view.addClass('jp-RokCompare-side');
  const split = new CompareSplit({ orientation: 'horizontal', spacing: 4 });
  split.addWidget(view);
  split.addWidget(detail);
  split.setRelativeSizes([1, 2]);
  const follow = (_: unknown, { verb }: Task): void => {
    if (comparison.after === 'live' && CHANGING.includes(verb)) {
      void comparison.refresh();
    }
  };
  tools.tasks.ended.connect(follow);
  split.disposed.connect(() => {
    tools.tasks.ended.disconnect(follow);
    comparison.dispose();
    showing.dispose();
  });
  let edition = -1;
  comparison.changed.connect(() => {
    name(split, comparison, tools);
    if (comparison.edition !== edition && comparison.loaded) {
      edition = comparison.edition;
      showFirst(comparison, detail);
    }
  });
  const tab = new MainAreaWidget({ content: split });
  tab.addClass('jp-RokCompareTab');
  tab.id = `rok-compare-${before.id}-${after === 'live' ? after : after.id}-${path ?? ''}`;
  tab.title.closable = true;
  name(split, comparison, tools);
  void comparison.refresh();
  return tab;
}

/** Where a single file is compared, or only one differs, show it at once. */
function showFirst(comparison: Comparison, detail: DetailPanel): void {
  const [only, ...others] = comparison.items.filter(item => item.change !== 'metadata');
  if (only && others.length === 0) {
    void detail.show_(only);
  } else {
    detail.clear();
  }
}

/** Say in the tab what is compared. */
function name(content: Widget, { before, after, paths }: Comparison, { trans }: IDetailTools): void {
  const { title } = content;
  const states = `${nameBriefly(before, trans)} ↔ ${nameBriefly(after, trans)}`;
  const file = baseName(parseVolumePath(paths[0] ?? '')?.path ?? '');
  title.label = file ? `${file}: ${states}` : states;
  title.caption = trans.__('Changes from %1 to %2', nameState(before, trans), nameState(after, trans));
  title.icon = diffIcon;
}
