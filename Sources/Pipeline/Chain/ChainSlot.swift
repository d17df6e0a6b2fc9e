import Analysis

/// One link of the chain as a socket has it: what is attached, and what that wants to be called for.
struct ChainSlot: ~Copyable {
  var attached: AttachedAnalyzer
  var interest: Interest
  /// Whether there was no client to look at the socket.
  var lacksClient = false

  /// Whether its verdicts may change what becomes of the data.
  var decides: Bool { !interest.isDisjoint(with: .data) && !interest.contains(.observing) }

  static var byteCount: Int { MemoryLayout<ChainSlot>.stride }

  /// A slot whose link wants nothing of the socket.
  static var empty: ChainSlot { ChainSlot(attached: .none, interest: []) }
}
