from bihuan.store.unit_of_work import UnitOfWork


def test_database_is_there(uow: UnitOfWork) -> None:
    assert uow.conn.exec_driver_sql("select count(*) from setting").scalar() == 0
