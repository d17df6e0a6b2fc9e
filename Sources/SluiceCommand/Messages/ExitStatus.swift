/// What the process says by its exit status.
package struct ExitStatus: Hashable, Sendable {
  package var code: Int32

  package static let done = Self(code: 0)
  /// Something failed on the way.
  package static let failed = Self(code: 1)
  /// Usage or configuration, or no input could be opened.
  package static let usage = Self(code: 2)
  /// The input is damaged; it was processed as far as it goes.
  package static let damaged = Self(code: 3)
  /// There was nothing to analyze.
  package static let nothing = Self(code: 4)
  /// An analyzer threw, and the policy for that was applied.
  package static let analyzerFailed = Self(code: 5)

  /// A signal ended the reading before the end of the input.
  package static func signal(_ number: Int32) -> Self { Self(code: 128 &+ number) }

  /// The one that is reported when several hold: the first of 2, 1, a signal, 5, 3, 4.
  package static func first(of statuses: [Self]) -> Self {
    statuses.min { $0.rank < $1.rank } ?? .done
  }

  private var rank: Int {
    switch self {
    case .usage: 0
    case .failed: 1
    case .analyzerFailed: 3
    case .damaged: 4
    case .nothing: 5
    case .done: 6
    default: 2
    }
  }
}
