extension FuzzTarget {
  /// A trap behind a magic number and a condition, to be found: Scripts/fuzz begins with it.
  static let planted = FuzzTarget(
    name: "planted",
    run: { input in
      guard input.count >= 6, input[0] == 0x53, input[1] == 0x4C, input[2] == 0x55 else { return }
      guard input[3] == 0x49, input[4] ^ input[5] == 0x5A else { return }
      fatalError("the planted trap")
    })
}
