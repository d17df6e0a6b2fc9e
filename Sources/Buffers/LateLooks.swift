import Synchronization

/// Counts how often something is looked at that has waited in a frame. Where that was passed long ago,
/// each look brings back a piece of a capture that was given back to the system, and much more around
/// it; so now and then somebody is asked to give back what has come.
public final class LateLooks: Sendable {
  private let count = Atomic<Int>(0)
  private let giveBack: @Sendable () -> Void

  private let interval: Int

  /// - Parameters:
  ///   - interval: how many looks there may be until somebody is asked.
  ///   - giveBack: called on the thread that looks.
  public init(every interval: Int = 64, _ giveBack: @escaping @Sendable () -> Void) {
    self.interval = interval
    self.giveBack = giveBack
  }

  @inline(never)
  public func note(_ looks: Int = 1) {
    let before = count.wrappingAdd(looks, ordering: .relaxed).oldValue
    if before / interval != (before &+ looks) / interval { giveBack() }
  }
}
