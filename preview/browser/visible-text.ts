/**
 * Shows characters that can't be seen, or turn the direction of writing, as terminals get them, `\u202e`: a
 * message may be one that a stranger wrote. Links and fields keep the text as it is. Every page is made by
 * Preact, which makes each text here.
 */

import { visible } from '@sightline/telemetry/visible.ts';
import { options } from 'preact';

const attributes = ['title', 'aria-label'] as const;

options.vnode = (vnode) => {
  // Of a text the props are the text itself, which Preact's types don't say.
  const node: { props: unknown } = vnode;
  if (typeof node.props === 'string') node.props = visible(node.props);
  else if (typeof vnode.type === 'string') {
    const props = vnode.props as unknown as Record<string, unknown>;
    for (const name of attributes) {
      const { [name]: text } = props;
      if (typeof text === 'string') props[name] = visible(text);
    }
  }
};
