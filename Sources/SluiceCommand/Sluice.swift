public enum Sluice {
  public static func main() {}
}
