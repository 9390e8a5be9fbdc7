/** A list of differences in words, folded when it is long. */
const SHOWN = 8;

export function Changes({ changes, none }: { changes: readonly string[]; none: string }) {
  if (!changes.length) return <p class="td-help">{none}</p>;
  const rest = changes.slice(SHOWN);
  return (
    <>
      <ul class="vr-changes">
        {changes.slice(0, SHOWN).map((change) => (
          <li key={change}>{change}</li>
        ))}
      </ul>
      {rest.length > 0 && (
        <details class="vr-more">
          <summary>{rest.length} more</summary>
          <ul class="vr-changes">
            {rest.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
