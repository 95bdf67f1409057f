// What stands where a view could not be loaded or drawn. What is at work behind it goes on, and its bar stays.
import { Component } from 'react';
import type { ReactNode } from 'react';
import { faultOf } from '../../host/fault-words.ts';

interface Props {
  readonly children: ReactNode;
}

export class ViewFault extends Component<Props, { readonly error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <>
        <h1>This view cannot be shown</h1>
        <p>{faultOf(error).message}</p>
        <p>
          Where its file could not be loaded, see that the page is still served. Reload the page; what was
          kept is not lost, and a training goes on from its last checkpoint.
        </p>
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      </>
    );
  }
}
