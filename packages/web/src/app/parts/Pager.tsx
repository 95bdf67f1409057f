// The pages of a long table.
interface Props {
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

/** Nothing where one page holds it all. */
export function Pager({ page, pages, onPage }: Props) {
  if (pages === 1) return null;
  return (
    <div className="row">
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Before
      </button>
      <span role="status">
        page {page + 1} of {pages}
      </span>
      <button type="button" disabled={page === pages - 1} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </div>
  );
}
