/**
 * The side bar panel: an accordion of the features' sections.
 */
import { SidePanel } from '@jupyterlab/ui-components';
import type { AccordionPanel, Panel, Widget } from '@lumino/widgets';

import type { IRokPanel, IRokSection } from '../tokens';
import { rokIcon } from '../ui/icons';

/** The panel's id in the shell. */
export const PANEL_ID = 'rok-jupyter-panel';

/** A SidePanel whose sections stand in the order of their ranks, whichever plugin comes first. */
export class RokPanel extends SidePanel implements IRokPanel {
  constructor(
    label: string,
    private readonly _activate: () => void
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass('jp-RokPanel');
    this.title.icon = rokIcon;
    this.title.caption = label;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', label);
  }

  addSection(section: IRokSection): void {
    const index = this._sections.filter(each => each.rank <= section.rank).length;
    this._sections.splice(index, 0, section);
    this.insertWidget(index, section.content);
    if (section.isCollapsed) {
      (this.content as AccordionPanel).collapse(index);
    }
    section.content.disposed?.connect(() => {
      this._sections.splice(this._sections.indexOf(section), 1);
    });
  }

  addBanner(widget: Widget): void {
    (this.header as Panel).addWidget(widget);
  }

  open(sectionId?: string): void {
    this._activate();
    if (sectionId === undefined) {
      return;
    }
    const index = this._sections.findIndex(section => section.id === sectionId);
    if (index >= 0) {
      (this.content as AccordionPanel).expand(index);
    }
  }

  private readonly _sections: IRokSection[] = [];
}
