import Analysis
import Buffers
import Synchronization

/// The two ends of an answer that comes later: the analyzer's, as what stands behind a `HeldChunk`, and
/// the worker's, which waits for it.
final class Ticket: Sendable {
  enum State: Equatable {
    case open
    case answered(Verdict)
    /// Let go without an answer.
    case letGo
    /// Its deadline has passed.
    case expired
  }

  let deadline: ContinuousClock.Instant
  private let state = Mutex(State.open)
  /// Rung when an answer has come.
  private let bell: Semaphore
  private let late = Atomic<Int>(0)
  private let released = Atomic<Bool>(false)

  init(deadline: ContinuousClock.Instant, bell: Semaphore) {
    self.deadline = deadline
    self.bell = bell
  }

  var current: State { state.withLock { $0 } }
  var isOpen: Bool { current == .open }

  /// Answers that came too late, or after another one.
  var lateAnswers: Int { late.load(ordering: .relaxed) }

  /// Whether whoever is to answer needs the bytes no more.
  var isReleased: Bool { released.load(ordering: .acquiring) }

  fileprivate func release() {
    released.store(true, ordering: .releasing)
    // Somebody may wait for a buffer.
    bell.post()
  }

  /// Whether this was the first end of it.
  func end(_ end: State) -> Bool {
    let isFirst = state.withLock { state in
      guard state == .open else { return false }
      state = end
      return true
    }
    if isFirst { bell.post() }
    return isFirst
  }

  fileprivate func answer(_ verdict: Verdict) -> Bool {
    let isTaken = verdict != .pending && end(.answered(verdict))
    if !isTaken { late.add(1, ordering: .relaxed) }
    return isTaken
  }
}

/// Held bytes, in a buffer of the pool or, where there was none to be had in time, in memory of their
/// own.
enum HeldBytes {
  case buffer(PoolBuffer, Range<Int>)
  case array([UInt8])

  var count: Int {
    switch self {
    case .buffer(_, let range): range.count
    case .array(let array): array.count
    }
  }

  func lend<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
    switch self {
    // Bytes are bytes: no alignment and no invalid pattern.
    case .buffer(let buffer, let range):
      try body(unsafe buffer.bytes.extracting(range)._unsafeView(as: UInt8.self))
    case .array(let array): try body(array.span)
    }
  }

  /// The same bytes outside of the pool.
  var copied: HeldBytes {
    switch self {
    case .buffer: .array(lend { [UInt8](copying: $0) })
    case .array: self
    }
  }
}

extension [UInt8] {
  init(copying span: Span<UInt8>) {
    // The pointer serves this call only.
    self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }

  mutating func append(copying span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

/// What an analyzer has in hand of a chunk that it holds.
final class TicketData: HeldData {
  private let ticket: Ticket
  let count: Int
  let buffers: [UInt8]
  /// `nil` once it is released.
  private let bytes: Mutex<HeldBytes?>

  init(_ ticket: Ticket, _ bytes: HeldBytes) {
    self.ticket = ticket
    count = bytes.count
    if case .buffer(let buffer, _) = bytes { buffers = [buffer.index] } else { buffers = [] }
    self.bytes = Mutex(bytes)
  }

  func lend(_ body: (Span<UInt8>) throws -> Void) rethrows {
    let bytes = bytes.withLock { $0 } ?? .array([])
    try bytes.lend(body)
  }

  func release() {
    let bytes = bytes.withLock { $0.take() }
    _ = bytes
    ticket.release()
  }

  func answer(_ verdict: Verdict) -> Bool { ticket.answer(verdict) }
  func letGo() { _ = ticket.end(.letGo) }
}
