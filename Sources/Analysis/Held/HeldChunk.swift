public import Sockets

/// A chunk that waits for its answer. It may be kept, and answered on any thread.
///
///     let held = context.hold(chunk)
///     queue.async { held.answer(isHarmless(held) ? .allow : .dropFlow) }
///     return .pending
///
/// Its buffer goes back to the pool when the object is let go, so do not keep it for longer than it is
/// needed. Letting it go without an answer counts as a crash of the analyzer.
public final class HeldChunk: Sendable {
  public let socket: SocketID
  /// Counts what the socket holds, and is not used again.
  public let dataIndex: UInt32
  public let direction: Direction
  /// Where the first byte stands in its direction's stream.
  public let offset: UInt64
  /// As in `Chunk`.
  public let final: FinalReason?
  private let data: any HeldData

  package init(
    socket: SocketID, dataIndex: UInt32, direction: Direction, offset: UInt64, final: FinalReason?,
    data: any HeldData
  ) {
    self.socket = socket
    self.dataIndex = dataIndex
    self.direction = direction
    self.offset = offset
    self.final = final
    self.data = data
  }

  deinit { data.letGo() }

  public var count: Int { data.count }

  /// The buffers of the pool that it lies in.
  package var buffers: [UInt8] { data.buffers }

  /// Gives its buffers back before it is answered; there are no bytes any more.
  package func release() { data.release() }

  /// Lends the bytes for a call.
  public func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
    var result: Result?
    try data.lend { result = try body($0) }
    guard let result else { preconditionFailure("held data lends its bytes once") }
    return result
  }

  /// Gives the verdict; the first one counts. Any but `.pending`. Whether it was taken: not after
  /// another answer, nor once the deadline has passed and the policy was followed.
  @discardableResult
  public func answer(_ verdict: Verdict) -> Bool { data.answer(verdict) }
}

/// What stands behind a held chunk.
package protocol HeldData: AnyObject, Sendable {
  var count: Int { get }
  var buffers: [UInt8] { get }
  func release()
  /// Calls `body` once.
  func lend(_ body: (Span<UInt8>) throws -> Void) rethrows
  func answer(_ verdict: Verdict) -> Bool
  func letGo()
}
