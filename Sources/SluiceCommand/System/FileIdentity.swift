import Glibc

/// Which file something is, whatever path leads to it.
struct FileIdentity {
  let device: UInt64
  let inode: UInt64
  let kind: Kind
  /// In bytes; `nil` for what is no regular file.
  let size: UInt64?

  enum Kind: Hashable {
    case regular, directory, other
  }

  /// `nil` when there is no such file.
  init?(path: String) {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return nil }
    self.init(information)
  }

  init?(descriptor: Int32) {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { return nil }
    self.init(information)
  }

  private init(_ information: stat) {
    device = UInt64(truncatingIfNeeded: information.st_dev)
    inode = UInt64(truncatingIfNeeded: information.st_ino)
    switch information.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    default: kind = .other
    }
    size = kind == .regular ? UInt64(max(0, information.st_size)) : nil
  }

  func isSameFile(as other: Self) -> Bool {
    (device, inode) == (other.device, other.inode)
  }

  /// The file behind a path of the command line, where `-` is a standard stream.
  static func named(_ path: String, standard stream: StandardStream) -> Self? {
    path == "-" ? Self(descriptor: stream.descriptor) : Self(path: path)
  }
}
