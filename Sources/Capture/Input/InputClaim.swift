import Synchronization

/// Says, as long as it lives, that a file is being read, so that no output overwrites it.
final class InputClaim {
  private static let claims = Mutex<[FileStatus.Identity: Int]>([:])

  private let identity: FileStatus.Identity

  init(_ identity: FileStatus.Identity) {
    self.identity = identity
    Self.claims.withLock { $0[identity, default: 0] += 1 }
  }

  deinit {
    Self.claims.withLock { claims in
      let rest = claims[identity, default: 1] - 1
      claims[identity] = rest > 0 ? rest : nil
    }
  }

  static func covers(_ identity: FileStatus.Identity) -> Bool {
    claims.withLock { $0[identity] != nil }
  }
}
