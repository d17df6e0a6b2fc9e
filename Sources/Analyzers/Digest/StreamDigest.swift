import Analysis
import Crypto

/// One direction of a stream: how many bytes, and their hash. Gaps are listed and not hashed.
struct StreamDigest {
  private(set) var bytes: UInt64 = 0
  private(set) var gaps = GapList()
  /// A gap that nothing has followed yet: one at the end of a stream is not listed.
  private var lastGap: (offset: UInt64, length: UInt64)?
  // Made with the first byte: most sockets of a scan or a flood never carry one, and the state is
  // larger than all the rest.
  private var hash: SHA256?

  mutating func addGap(offset: UInt64, length: UInt64) {
    // Nothing in between: they are neighbours.
    lastGap = (lastGap?.offset ?? offset, (lastGap?.length ?? 0) &+ length)
  }

  mutating func add(_ span: Span<UInt8>, within budget: GapBudget) {
    guard !span.isEmpty else { return }
    if let gap = lastGap {
      gaps.add(offset: gap.offset, length: gap.length, within: budget)
      lastGap = nil
    }
    bytes &+= UInt64(truncatingIfNeeded: span.count)
    if hash == nil { hash = SHA256() }
    // The pointer serves this call only; the hash reads its bytes where they lie.
    unsafe span.withUnsafeBytes { unsafe hash?.update(bufferPointer: $0) }
  }

  var result: Result {
    let digest = (hash ?? SHA256()).finalize()
    // The span serves this call only.
    let text = unsafe digest.withUnsafeBytes { unsafe String(hex: Span(_unsafeBytes: $0)) }
    return Result(bytes: bytes, sha256: text, gaps: gaps)
  }

  /// What is reported of a direction.
  struct Result {
    let bytes: UInt64
    /// 64 hexadecimal digits; without any byte, the hash of nothing.
    let sha256: String
    let gaps: GapList

    /// `{"bytes":…,"sha256":"…","gaps":[[offset,length],…]}`
    var value: Record.Value {
      var members: [(key: String, value: Record.Value)] = [
        ("bytes", .unsigned(bytes)), ("sha256", .string(sha256)), ("gaps", gaps.value),
      ]
      if gaps.isTruncated { members.append(("gaps_truncated", true)) }
      return .object(members)
    }

    var text: String {
      "\(bytes) bytes \(sha256)"
        + (gaps.isEmpty ? "" : " \(gaps.count)\(gaps.isTruncated ? "+" : "") gaps")
    }
  }
}
