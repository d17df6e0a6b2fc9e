import Glibc
import Synchronization

/// A file, whatever path leads to it.
public struct FileKey: Hashable, Sendable {
  public var device: UInt64
  public var node: UInt64

  public init(device: UInt64, node: UInt64) {
    self.device = device
    self.node = node
  }

  /// `nil` for what is no regular file: there is nothing in it that could be overwritten.
  public init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    self.init(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
  }
}

/// Says, as long as it lives, that a file is read, so that no output overwrites it.
public final class InputClaim: Sendable {
  private static let claims = Mutex<[FileKey: Int]>([:])

  private let key: FileKey

  public init(_ key: FileKey) {
    self.key = key
    Self.claims.withLock { $0[key, default: 0] += 1 }
  }

  deinit {
    Self.claims.withLock { claims in
      let rest = claims[key, default: 1] - 1
      claims[key] = rest > 0 ? rest : nil
    }
  }

  public static func covers(_ key: FileKey) -> Bool { claims.withLock { $0[key] != nil } }

  /// Whether what has been opened for writing is read.
  public static func covers(descriptor: Int32) -> Bool {
    FileKey(descriptor: descriptor).map(covers) ?? false
  }
}

/// Says, as long as it lives, that a file is written, so that no other output writes into it as well.
public final class OutputClaim: Sendable {
  private static let claims = Mutex<Set<FileKey>>([])

  public let key: FileKey

  /// `nil` when another output has the file.
  public init?(_ key: FileKey) {
    self.key = key
    let isFree = Self.claims.withLock { $0.insert(key).inserted }
    if !isFree { return nil }
  }

  deinit { _ = Self.claims.withLock { $0.remove(key) } }
}
